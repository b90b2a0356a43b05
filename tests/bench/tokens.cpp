// How fast texts are counted in tokens, against PyPI's tiktoken (tokens.py beside this file, by the same files) and, of the
// splitting alone, against the split pattern itself in QRegularExpression.
// In CPU seconds, so that other work on the machine counts less.
// usage: tokens FILE...       prints JSON

#include "core/cost/tokenizer.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>
#include <cstdio>
#include <ctime>

using namespace talkbench;
using namespace Qt::StringLiterals;

namespace {

template <typename Work>
double bestSeconds(Work work)
{
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const std::clock_t begun = std::clock();
        work();
        best = std::min(best, static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC);
    }
    return best;
}

/// o200k_base's, as tiktoken has it.
qsizetype piecesOfPattern(const QString &text)
{
    static const QRegularExpression pattern(
        u"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'"
        u"m|'ll|'d)?"
        "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'"
        "m|'ll|'d)?"
        "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"_s,
        QRegularExpression::UseUnicodePropertiesOption);
    qsizetype pieces = 0;
    for (auto match = pattern.globalMatch(text); match.hasNext(); match.next())
        ++pieces;
    return pieces;
}

} // namespace

int main(int argc, char **argv)
{
    QJsonArray rows;
    for (int i = 1; i < argc; ++i) {
        QFile file(QString::fromLocal8Bit(argv[i]));
        if (!file.open(QIODevice::ReadOnly))
            return 1;
        const QByteArray bytes = file.readAll();
        const QString text = QString::fromUtf8(bytes);
        const double megabytes = static_cast<double>(bytes.size()) / 1e6;
        for (const cost::Encoding encoding : { cost::Encoding::O200k, cost::Encoding::Cl100k }) {
            const std::clock_t begun = std::clock();
            const cost::Tokenizer tokenizer(encoding);
            const double load = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
            qint64 tokens = 0;
            const double seconds = bestSeconds([&] { tokens = tokenizer.count(text); });
            rows.append(QJsonObject { { u"file"_s, file.fileName() },
                                      { u"encoding"_s, cost::encodingName(encoding) },
                                      { u"tokens"_s, tokens },
                                      { u"mb_s"_s, megabytes / seconds },
                                      { u"load_ms"_s, load * 1e3 },
                                      { u"pattern_mb_s"_s, megabytes / bestSeconds([&] { piecesOfPattern(text); }) } });
        }
    }
    std::puts(QJsonDocument(rows).toJson().constData());
    return 0;
}
