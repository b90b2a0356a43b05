#pragma once

#include <QStringList>

#include <algorithm>

namespace talkbench::ui {

/// What a search field holds, for a search that doesn't mind the order of the words.
inline QStringList searchWords(const QString &typed)
{
    return typed.toCaseFolded().split(u' ', Qt::SkipEmptyParts);
}

/// `folded` is the text in folded case.
inline bool hasAllWords(const QString &folded, const QStringList &words)
{
    return std::all_of(words.cbegin(), words.cend(), [&folded](const QString &word) { return folded.contains(word); });
}

} // namespace talkbench::ui
