#pragma once

#include "core/profile/trace.h"

#include <QTimer>
#include <QWidget>

namespace talkbench::ui {

/// A pause in the stream, as the reader saw it.
struct Gap {
    qsizetype chunk = 0; ///< the chunk that ended the pause
    double ms = 0;
    double atMs = 0; ///< when it began, from the first content
    qint64 textPosition = 0; ///< characters of text (not reasoning) that stood when it began
};

/// A stall is a pause of at least stallMs that is also stallRatio times the usual (median) one.
inline constexpr double stallMs = 250;
inline constexpr double stallRatio = 5;

/// Every pause between chunks, stalls included, in order.
QList<Gap> gapsOf(const QList<profile::ChunkStamp> &chunks);
/// The pause from which on it is a stall.
double stallThresholdMs(const QList<Gap> &gaps);

/// A strip of bars, one a pause between chunks (the longest of several where the width doesn't suffice). Stalls stand
/// out and can be activated by click or by the arrow keys and Enter.
class GapStrip final : public QWidget {
    Q_OBJECT

public:
    explicit GapStrip(QWidget *parent = nullptr);

    void clear();
    /// While the answer streams.
    void addChunks(const QList<profile::ChunkStamp> &chunks);
    /// At the end: all of them.
    void setChunks(const QList<profile::ChunkStamp> &chunks);

    bool isEmpty() const { return m_chunks.size() < 2; }
    const QList<Gap> &stalls() const;
    qsizetype barCount() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void stallActivated(const talkbench::ui::Gap &gap);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    struct Bars {
        qsizetype count = 0;
        double width = 0;
    };
    Bars bars() const;
    void measure() const;
    /// The longest pause of a bar.
    const Gap *gapAt(qsizetype bar) const;
    const Gap *gapUnder(const QPoint &pos) const;
    bool isStall(const Gap &gap) const { return gap.ms >= m_threshold; }
    QString words(const Gap &gap) const;
    void describe();
    void select(qsizetype stall);

    QList<profile::ChunkStamp> m_chunks;
    mutable QList<Gap> m_gaps;
    mutable QList<Gap> m_stalls;
    mutable double m_threshold = 0;
    mutable double m_longest = 0;
    mutable bool m_measured = true;
    QTimer m_repaint;
    qsizetype m_selected = -1;
};

} // namespace talkbench::ui
