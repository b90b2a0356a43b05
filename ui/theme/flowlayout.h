#pragma once

#include <QLayout>
#include <QList>

namespace talkbench::ui {

/// One item after the other, each as wide as it wants to be, in as many rows as they take, all as high as the highest.
/// One that is wider than a row is narrowed to it.
class FlowLayout final : public QLayout {
    Q_OBJECT

public:
    explicit FlowLayout(QWidget *parent);
    ~FlowLayout() override;

    void addItem(QLayoutItem *item) override;
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem *itemAt(int index) const override { return m_items.value(index); }
    QLayoutItem *takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return {}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSize() const override;
    void setGeometry(const QRect &rect) override;

private:
    /// Each item's place in a row of that width from the origin.
    QList<QRect> places(int width) const;

    QList<QLayoutItem *> m_items;
};

} // namespace talkbench::ui
