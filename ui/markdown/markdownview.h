#pragma once

#include "ui/markdown/documentbuilder.h"

#include <QTextBrowser>
#include <QTimer>

namespace talkbench::ui {

/// Markdown as a part of a page: as tall as its text, selectable, in the theme's colours; it scrolls only sideways, where a
/// table is wider than it.
/// Text may be appended at any rate: it is laid out at most once a frame, less often where that is dear, and not at all
/// while hidden.
class MarkdownView final : public QTextBrowser {
    Q_OBJECT

public:
    explicit MarkdownView(QWidget *parent = nullptr);

    void setMarkdown(const QString &markdown);
    void setPlain(const QString &text);
    void append(const QString &markdown);
    /// Lays out what is waiting, now.
    void flush();

    /// As wide as the longest line would like to be.
    int idealWidth() const;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

    QStringList codeBlocks() const;

Q_SIGNALS:
    void heightChanged();

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    QMimeData *createMimeDataFromSelection() const override;
    QVariant loadResource(int type, const QUrl &name) override;

private:
    void restyle();
    void contentChanged();
    QPointF inDocument(const QPointF &point) const;
    QRectF codeCard(const QTextBlock &first) const;
    QRectF copyArea(const QTextBlock &first) const;
    QTextBlock codeHeaderAt(const QPointF &point) const;
    void paintDecorations(QPainter &painter, const QRectF &visible) const;
    void paintCode(QPainter &painter, const QTextBlock &first) const;
    void paintBlock(QPainter &painter, const QTextBlock &block) const;
    void paintMarker(QPainter &painter, const QTextBlock &block, const QRectF &rect) const;

    mutable DocumentBuilder m_builder; ///< fits its tables when it is asked how high it would be
    QString m_waiting;
    QTimer m_frame;
    int m_copied = -1; ///< block number of the code header that says 'Copied'
    QTimer m_copiedTimer;
};

} // namespace talkbench::ui
