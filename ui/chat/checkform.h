#pragma once

#include "core/llm/validation.h"

#include <QWidget>

class QCheckBox;
class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace talkbench::validate {
struct Parameter;
struct ValidatorKind;
} // namespace talkbench::validate

namespace talkbench::ui {

/// One check, edited in place: its switch, the fields of its kind, and in words why it can't be used as it is.
class CheckForm final : public QWidget {
    Q_OBJECT

public:
    explicit CheckForm(const llm::Validator &validator, QWidget *parent);

    llm::Validator validator() const;
    /// Of its first field, or its switch where it has none.
    void focusFirst();

Q_SIGNALS:
    void edited();
    void removeRequested();

private:
    void addFields(const validate::ValidatorKind &kind, QVBoxLayout *column);
    QWidget *addField(const validate::Parameter &parameter);
    QString accessibleNameOf(const QString &field) const;
    void change();
    void refresh();

    const llm::Validator m_before; ///< what has no field stays
    QString m_title;
    QCheckBox *m_on;
    QHBoxLayout *m_head;
    QLabel *m_problem;
    QList<std::pair<QString, QWidget *>> m_fields; ///< by parameter
};

/// Of a kind, for a person.
QString checkTitle(const QString &kind);

} // namespace talkbench::ui
