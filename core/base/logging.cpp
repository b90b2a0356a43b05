#include "core/base/logging.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>

namespace talkbench::base {

using namespace Qt::StringLiterals;

Q_LOGGING_CATEGORY(logNet, "talkbench.net", QtWarningMsg)
Q_LOGGING_CATEGORY(logRun, "talkbench.run", QtWarningMsg)
Q_LOGGING_CATEGORY(logStore, "talkbench.store", QtWarningMsg)
Q_LOGGING_CATEGORY(logConfig, "talkbench.config", QtWarningMsg)
Q_LOGGING_CATEGORY(logSimulator, "talkbench.simulator", QtWarningMsg)
Q_LOGGING_CATEGORY(logMonitor, "talkbench.monitor", QtWarningMsg)

namespace {

/// Of what Basic authentication sends, base64 of "user:password", whoever it was for.
bool isBasicCredentials(QStringView token)
{
    const auto decoded = QByteArray::fromBase64Encoding(token.toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
    const QString text = QString::fromUtf8(decoded.decoded);
    return decoded && text.indexOf(u':') > 0 && std::all_of(text.begin(), text.end(), [](QChar c) {
               return c.isPrint() && c != QChar::ReplacementCharacter;
           });
}

QString withoutBasicCredentials(const QString &text)
{
    static const QRegularExpression token(uR"((?<![\w+/=])[A-Za-z0-9+/]{12,}={0,2})"_s);
    QString result;
    qsizetype done = 0;
    for (auto it = token.globalMatch(text); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        if (!isBasicCredentials(match.capturedView()))
            continue;
        result += text.mid(done, match.capturedStart() - done) + u"•••"_s;
        done = match.capturedEnd();
    }
    return result + text.mid(done);
}

} // namespace

QString redact(const QString &text)
{
    // What a secret follows stays, so that one still sees which header or field it was. Group 1 is kept.
    static const std::array patterns {
        QRegularExpression(uR"(\b(Bearer\s+|authorization["']?\s*:\s*["']?Basic\s+)[\w.~+/=-]{8,})"_s,
                           QRegularExpression::CaseInsensitiveOption),
        QRegularExpression(
            uR"(((?:(?:x-)?(?:api|goog-api|access|auth)[-_]?(?:key|token)|\b(?:authorization|password|secret))["']?\s*[:=]\s*["']?)(?!Bearer|Basic)[^\s"'&,;}•]{4,})"_s,
            QRegularExpression::CaseInsensitiveOption),
        QRegularExpression(uR"(([?&](?:api_?key|key|token|access_token)=)[^&\s"']+)"_s,
                           QRegularExpression::CaseInsensitiveOption),
        QRegularExpression(uR"(\b((?:sk|pk|rk|gsk|xai|hf|pplx|nvapi|csk|fw|r8)[-_])[\w-]{8,})"_s),
        QRegularExpression(uR"(\b(AIza)[\w-]{20,})"_s),
        QRegularExpression(uR"((://[^/\s:@]*:)[^/\s@]+(?=@))"_s),
    };
    QString result = withoutBasicCredentials(text);
    for (const QRegularExpression &pattern : patterns)
        result.replace(pattern, u"\\1•••"_s);
    return result;
}

} // namespace talkbench::base
