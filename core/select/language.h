#pragma once

#include <QStringView>

namespace talkbench::select {

/// The language of a text as ISO 639-1 ("en", "de", "ja"), by its script and, in the Latin and Cyrillic scripts, by its
/// commonest words. Empty where that doesn't tell, as of a single name. Looks at the first 4096 characters.
QString languageOf(QStringView text);

} // namespace talkbench::select
