#include "core/select/qualities.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace talkbench::select {

using namespace Qt::StringLiterals;

base::Result<Qualities> Qualities::fromJson(const QByteArray &json)
{
    Qualities qualities;
    const QJsonArray rows = QJsonDocument::fromJson(json).object()["models"_L1].toArray();
    for (const auto &value : rows) {
        const QJsonObject object = value.toObject();
        const QRegularExpression match(object["match"_L1].toString());
        const auto quality = qualityFromName(object["quality"_L1].toString());
        if (!match.isValid() || match.pattern().isEmpty() || !quality)
            return base::Error { base::ErrorKind::Config, u"The table of qualities can't be read."_s,
                                 QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)), 0,
                                 std::nullopt };
        qualities.m_rows.append({ match, *quality });
    }
    return qualities;
}

std::optional<Quality> Qualities::find(const QString &model) const
{
    const QString name = model.sliced(model.lastIndexOf(u'/') + 1).toLower();
    const auto row = std::find_if(m_rows.begin(), m_rows.end(),
                                  [&](const Row &candidate) { return candidate.match.match(name).hasMatch(); });
    return row == m_rows.end() ? std::nullopt : std::optional(row->quality);
}

double scoreOf(Quality quality)
{
    switch (quality) {
    case Quality::Low:
        return 0.3;
    case Quality::Balanced:
        return 0.5;
    case Quality::High:
        return 0.7;
    }
    return 0.5;
}

} // namespace talkbench::select
