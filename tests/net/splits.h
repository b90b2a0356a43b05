#pragma once

#include "core/base/frame.h"

#include <QList>
#include <QRandomGenerator>

namespace talkbench::tests {

/// What a fresh parser makes of `body` when it arrives in pieces that end at `cuts`.
template <typename Parser>
QList<base::Frame> parseSplit(const QByteArray &body, const QList<qsizetype> &cuts)
{
    Parser parser;
    QList<base::Frame> frames;
    qsizetype from = 0;
    for (const qsizetype cut : cuts) {
        frames += parser.feed(QByteArrayView(body).sliced(from, cut - from));
        from = cut;
    }
    frames += parser.feed(QByteArrayView(body).sliced(from));
    return frames + parser.end();
}

/// Cuts at each offset, in all bytes at once, and at random places; the first cuts whose frames differ, or nothing.
template <typename Parser>
std::optional<QList<qsizetype>> splitThatDiffers(const QByteArray &body, const QList<base::Frame> &expected)
{
    QList<QList<qsizetype>> splits { {} };
    QList<qsizetype> everywhere;
    for (qsizetype at = 0; at <= body.size(); ++at) {
        splits.append(QList<qsizetype> { at });
        everywhere.append(at);
    }
    splits.append(everywhere);
    QRandomGenerator random(4711);
    for (int round = 0; round < 500; ++round) {
        QList<qsizetype> cuts;
        for (qsizetype at = random.bounded(8); at < body.size(); at += random.bounded(1, 24))
            cuts.append(at);
        splits.append(cuts);
    }
    for (const auto &cuts : std::as_const(splits)) {
        if (parseSplit<Parser>(body, cuts) != expected)
            return cuts;
    }
    return std::nullopt;
}

} // namespace talkbench::tests
