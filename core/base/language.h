#pragma once

#include <QString>
#include <QStringList>

namespace talkbench::base {

/// The language most likely written here, as its ISO 639-1 code ("en", "de", "ja"), by its script and its commonest words;
/// code and addresses don't count. Empty where that can't be told, as of a single name. Looks at the first 4000 characters.
QString languageOf(const QString &text);
/// The codes that languageOf() can give, sorted.
QStringList knownLanguages();

} // namespace talkbench::base
