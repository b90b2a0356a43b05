#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>

#include <stop_token>

namespace talkbench::bench {

/// One prompt of a batch.
struct BatchPrompt {
    QString id; ///< as its file names it, else its number, from 1
    QString text;
    QString system = {}; ///< empty: the batch's

    bool operator==(const BatchPrompt &) const = default;
};

enum class PromptFormat { Text, JsonLines, Csv };

/// By the file's ending: .jsonl and .ndjson, .csv, everything else is text.
PromptFormat promptFormatOf(const QString &path);

/// Text with places for values: "Translate {{text}} into {{language}}." Every name has to have its value.
class PromptTemplate {
public:
    /// Empty: the prompt as it is.
    PromptTemplate() = default;
    explicit PromptTemplate(const QString &text) : m_text(text) { }

    QStringList names() const;
    base::Result<QString> filled(const QHash<QString, QString> &values) const;

private:
    QString m_text;
};

/// Text: a prompt a line. JSON lines: a string, or an object with "prompt" and, where wanted, "id", "system" and the
/// template's values; a member that is null is none. CSV (RFC 4180, in UTF-8): the first line names the columns, likewise. Empty lines are none. An error
/// names the line; one of kind Cancelled: it was told to stop.
base::Result<QList<BatchPrompt>> readPrompts(const QByteArray &file, PromptFormat format, const PromptTemplate &pattern,
                                             const std::stop_token &stop = {});

/// One line of text or of JSON lines, for input that comes bit by bit; nothing for an empty one.
base::Result<QList<BatchPrompt>> readPromptLine(const QByteArray &line, qsizetype number, PromptFormat format,
                                                const PromptTemplate &pattern);

} // namespace talkbench::bench
