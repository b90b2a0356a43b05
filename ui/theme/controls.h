#pragma once

#include "ui/theme/metrics.h"

#include <QIcon>
#include <QLabel>
#include <QScrollArea>
#include <QTimer>
#include <QToolButton>
#include <QWidget>

namespace talkbench::ui {

/// A square icon button that shows its surface when hovered. The tooltip is its accessible name, its keys go behind it.
QToolButton *iconButton(const QString &objectName, const QString &iconName, const QString &tip, QWidget *parent);
/// As above, with a text beside the icon.
QToolButton *textButton(const QString &objectName, const QString &iconName, const QString &text, QWidget *parent);

/// A label in the muted colour of the theme it finds itself in.
QLabel *mutedLabel(const QString &objectName, QWidget *parent, double scale = 1.0);
/// While it is disabled, its text is as faint as all that is.
void setTextColour(QLabel *label, const QColor &colour);
/// Sets the widget's font relative to the application's, and again whenever that changes.
void scaleFont(QWidget *widget, double scale, int weight = -1);

/// The side of an icon beside text of the application's size, and of what grows with it from `size` at 100 %.
int iconSide(const QWidget *widget, int size = grid::icon);

/// As wanted, or as much of it as the widget's screen has room for below a title bar.
QSize fitting(const QWidget *widget, const QSize &wanted);

/// An icon on its own, drawn in the theme of the moment.
class IconLabel final : public QWidget {
    Q_OBJECT

public:
    IconLabel(const QIcon &icon, int size, QWidget *parent);
    void setIcon(const QIcon &icon);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QIcon m_icon;
    int m_size;
};

/// The line that shows or hides what is below it: a chevron, and a text that starts at the left edge of its column.
class Disclosure final : public QToolButton {
    Q_OBJECT

public:
    Disclosure(const QString &objectName, const QString &text, QWidget *parent);
    /// Without anything below it: the text alone, which can't be opened.
    void setFolds(bool folds);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    int textLeft() const;
};

/// One line that ends in an ellipsis where it does not fit.
class ElidedLabel final : public QLabel {
    Q_OBJECT

public:
    using QLabel::QLabel;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
};

/// As high as what it holds, up to a share of its window; beyond that, and where there is less room, it scrolls. It is at
/// least as wide as what it holds, unless it is given a horizontal scroll bar.
class GrowingArea final : public QScrollArea {
    Q_OBJECT

public:
    GrowingArea(QWidget *content, QWidget *parent, double mostOfWindow = 0.6);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    double m_mostOfWindow;
};

/// A rounded surface to put things on.
class Card : public QWidget {
    Q_OBJECT

public:
    enum class Tone { Plain, Field, Bubble, Warning, Error };

    explicit Card(Tone tone, QWidget *parent = nullptr);
    void setTone(Tone tone);
    /// A focused field has a line in the accent colour.
    void setFocused(bool focused);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Tone m_tone;
    bool m_focused = false;
};

/// Three dots that breathe while something is awaited; no work while hidden.
class BusyDots final : public QWidget {
    Q_OBJECT

public:
    explicit BusyDots(QWidget *parent = nullptr);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QTimer m_timer;
    int m_step = 0;
};

} // namespace talkbench::ui
