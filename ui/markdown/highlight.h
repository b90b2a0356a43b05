#pragma once

#include "ui/markdown/row.h"

namespace talkbench::ui {

/// Colours code line by line. Knows strings, comments, numbers and keywords of the common languages; text in an unknown
/// language stays plain.
class Highlighter {
public:
    /// `language` as after the fence: "cpp", "python", …
    explicit Highlighter(const QString &language);

    /// Lines are given in order: a comment or string may span several.
    Runs line(const QString &text);

private:
    struct Grammar;
    static const Grammar *grammarFor(const QString &language);
    /// What was opened on an earlier line, or by the mark before `searchFrom` on this one, until its closing mark. Gives where
    /// it ends in the text, as the others do.
    qsizetype takeOpen(Runs &runs, const QString &text, qsizetype from, qsizetype searchFrom);
    qsizetype takeNext(Runs &runs, const QString &text, qsizetype from);
    qsizetype takeWord(Runs &runs, const QString &text, qsizetype from);

    const Grammar *m_grammar;
    /// What ends the comment or string that is open at the end of the line; empty where none is.
    QString m_openUntil;
    Token m_openToken = Token::Plain;
};

} // namespace talkbench::ui
