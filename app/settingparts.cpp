#include "app/settingparts.h"

#include <QLatin1StringView>

namespace talkbench::app {

namespace {

/// A setting's key, or with a slash at its end a group of them.
struct Row {
    QLatin1StringView keys;
    Parts parts;
};

constexpr Row table[] {
    { QLatin1StringView("theme"), Part::Theme },    { QLatin1StringView("text_zoom"), Part::Theme },
    { QLatin1StringView("limits/"), Part::Limits }, { QLatin1StringView("retry/"), Part::Limits },
    { QLatin1StringView("cache/"), Part::Limits },  { QLatin1StringView("cache/redis"), Part::CacheStorage },
    { QLatin1StringView("select/"), Part::Choice }, { QLatin1StringView("models/favourites"), Part::Choice },
    { QLatin1StringView("prices/"), Part::Prices },
};

} // namespace

Parts partsOf(QStringView key)
{
    Parts parts;
    for (const Row &row : table) {
        if (row.keys.endsWith(u'/') ? key.startsWith(row.keys) : key == row.keys)
            parts |= row.parts;
    }
    return parts;
}

} // namespace talkbench::app
