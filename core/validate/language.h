#pragma once

#include <QString>
#include <QStringList>

namespace talkbench::validate {

/// The language most likely written here, as its ISO 639-1 code, by its script and its commonest words; empty where that
/// can't be told, as of a few words or of code.
QString languageOf(const QString &text);
/// The codes that languageOf() can give.
QStringList knownLanguages();

} // namespace talkbench::validate
