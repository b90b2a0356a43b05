#pragma once

#include "core/profile/runrecord.h"

#include <QWidget>

namespace talkbench::ui {

/// The phases of one call as bars on a common time axis, with their milliseconds.
class Waterfall final : public QWidget {
    Q_OBJECT

public:
    struct Row {
        QByteArray id; ///< of the phase; "reasoning" is the part of the stream before the first output
        QString title;
        qint64 startNs = 0;
        qint64 endNs = 0;
        bool open = false; ///< still running

        double ms() const { return static_cast<double>(endNs - startNs) / 1e6; }
    };

    explicit Waterfall(QWidget *parent = nullptr);

    void clear();
    /// A call that ended.
    void setRecord(const profile::RunRecord &record);
    /// A call that runs: its last phase reaches up to now.
    void setLive(const profile::Trace &trace, qint64 nowNs);

    const QList<Row> &rows() const { return m_rows; }
    /// What is to be said of the call: that the connection was reused, the answer cached, the call failed or stopped.
    QString note() const { return m_note; }
    bool isEmpty() const { return m_rows.isEmpty() && m_note.isEmpty(); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    bool event(QEvent *event) override;

private:
    void set(const profile::Trace &trace, qint64 nowNs, const QString &note, bool failed);
    void fitNote();
    int rowHeight() const;
    int titleWidth() const;
    int valueWidth() const;
    QColor colour(const Row &row) const;
    void paintRow(QPainter &painter, const Row &row, const QRect &rect) const;
    void paintTotal(QPainter &painter, const QRect &rect) const;

    QList<Row> m_rows;
    QString m_note;
    QString m_shownNote; ///< as much of it as there is room for
    int m_noteHeight = 0;
    bool m_failed = false;
    qint64 m_startNs = 0;
    qint64 m_endNs = 0;
};

} // namespace talkbench::ui
