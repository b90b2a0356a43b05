#pragma once

#include "core/profile/metrictable.h"
#include "core/profile/verdict.h"

#include <QJsonObject>
#include <QList>
#include <QString>

namespace talkbench::bench {

/// A result whole, as the journal has it. What it does not have is empty.
struct BatchDetail {
    QString id; ///< the prompt's
    QString providerId;
    QString model;
    QString prompt; ///< as it was sent; empty in rows of versions that did not keep it
    QString text;
    QString reasoning;
    QString refusal;
    QString toolCalls; ///< as JSON
    QString error; ///< what went wrong, for a person
    QString errorDetail; ///< the raw words
    QString finishReason;
    QList<profile::Verdict> verdicts;
    struct Figure {
        const profile::Metric *metric;
        double value;
    };
    QList<Figure> figures; ///< those that are known
    int attempts = 0;
};

/// Of a row of rowOf().
BatchDetail detailOf(const QJsonObject &row);

} // namespace talkbench::bench
