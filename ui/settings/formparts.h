#pragma once

#include <QLabel>
#include <QVariantList>

#include <functional>

class QFormLayout;

namespace talkbench::ui {

/// A sentence in a form, in a colour that follows the theme. Its text can be selected and copied.
class ToneLabel final : public QLabel {
    Q_OBJECT

public:
    enum class Tone { Muted, Plain, Ok, Warning, Error };

    explicit ToneLabel(const QString &objectName, Tone tone = Tone::Muted, QWidget *parent = nullptr);

    void setTone(Tone tone);
    /// An empty text hides it.
    void say(const QString &text, Tone tone);

protected:
    void changeEvent(QEvent *event) override;

private:
    void follow();

    Tone m_tone;
};

/// A form in the look of the dialog: labels beside fields that take the width.
QFormLayout *settingsForm(QWidget *parent);
/// A tab of a provider's settings: its fields, a hint below them, and the rest empty.
void fillTab(QWidget *tab, QFormLayout *fields, QWidget *hint);
/// A field of a form whose value is not stored: to search, to try something out.
void markTransient(QWidget *field);
/// What stands in the other fields below, in their order: compared with an earlier time it tells whether anything was edited.
QVariantList fieldValues(const QWidget *form);
/// Calls `then` whenever what stands in one of the fields below changes; of fields made later it knows nothing.
void whenEdited(const QWidget *form, QObject *context, const std::function<void()> &then);
/// Names a field and gives it a label; `shown` is what stands in the form if that is more than the field.
void addField(QFormLayout *form, const QString &objectName, const QString &title, QWidget *field,
              QWidget *shown = nullptr);

} // namespace talkbench::ui
