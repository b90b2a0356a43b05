#pragma once

#include "core/base/result.h"
#include "core/select/subject.h"

#include <QList>
#include <QRegularExpression>

namespace talkbench::select {

/// How good a model's answers are, by its name. A value.
class Qualities {
public:
    /// resources/qualities.json: {"models": [{"match": regular expression of the model's id behind its last '/',
    /// "quality": "low", "balanced" or "high"}]}; the first that fits counts.
    static base::Result<Qualities> fromJson(const QByteArray &json);

    /// Unset: not known.
    std::optional<Quality> find(const QString &model) const;

private:
    struct Row {
        QRegularExpression match;
        Quality quality;
    };
    QList<Row> m_rows;
};

/// On the scale of Candidate::quality.
double scoreOf(Quality quality);

} // namespace talkbench::select
