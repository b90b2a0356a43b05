#include "core/base/logging.h"

#include <QRegularExpression>

#include <array>

namespace talkbench::base {

using namespace Qt::StringLiterals;

Q_LOGGING_CATEGORY(logNet, "talkbench.net", QtWarningMsg)
Q_LOGGING_CATEGORY(logRun, "talkbench.run", QtWarningMsg)
Q_LOGGING_CATEGORY(logStore, "talkbench.store", QtWarningMsg)
Q_LOGGING_CATEGORY(logConfig, "talkbench.config", QtWarningMsg)
Q_LOGGING_CATEGORY(logSimulator, "talkbench.simulator", QtWarningMsg)

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
    QString result = text;
    for (const QRegularExpression &pattern : patterns)
        result.replace(pattern, u"\\1•••"_s);
    return result;
}

} // namespace talkbench::base
