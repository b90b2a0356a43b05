#include "ui/settings/keyfield.h"

#include "core/config/secrets.h"
#include "ui/settings/formparts.h"
#include "ui/theme/controls.h"
#include "ui/theme/metrics.h"
#include "ui/whenready.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QToolButton>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

enum Source { Keychain, Environment };

QHBoxLayout *lineIn(QWidget *row)
{
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(grid::half);
    return line;
}

} // namespace

KeyField::KeyField(config::Secrets &secrets, QWidget *parent) : QWidget(parent), m_secrets(secrets)
{
    m_state = new ToneLabel(u"providerKeyState"_s);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(grid::half);
    column->addWidget(choiceRow());
    column->addWidget(valueRow());
    column->addWidget(m_state);
    column->addWidget(actionRow());
    connect(&m_secrets, &config::Secrets::persistentChanged, this, &KeyField::refresh);
}

QWidget *KeyField::choiceRow()
{
    m_choiceRow = new QWidget(this);
    m_choice = new QComboBox(m_choiceRow);
    m_choice->setObjectName(u"providerKeyChoice"_s);
    m_choice->setAccessibleName(tr("Key in use"));
    m_choice->setToolTip(tr("The key in use. Its name can be changed here."));
    m_choice->setEditable(true);
    m_choice->setInsertPolicy(QComboBox::NoInsert);
    m_choice->setCompleter(nullptr);
    m_choice->lineEdit()->setAccessibleName(tr("Name of the key in use"));
    auto *remove = iconButton(u"providerKeyRemove"_s, u"trash"_s, tr("Remove this key"), m_choiceRow);
    auto *line = lineIn(m_choiceRow);
    line->addWidget(m_choice, 1);
    line->addWidget(remove);
    connect(m_choice, &QComboBox::activated, this, &KeyField::use);
    connect(m_choice->lineEdit(), &QLineEdit::textEdited, this, &KeyField::rename);
    connect(remove, &QToolButton::clicked, this, &KeyField::removeKey);
    return m_choiceRow;
}

QWidget *KeyField::valueRow()
{
    auto *row = new QWidget(this);
    m_source = new QComboBox(row);
    m_source->setObjectName(u"providerKeySource"_s);
    m_source->setAccessibleName(tr("Where the key is"));
    m_source->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_source->addItems({ tr("Keychain"), tr("Environment") });
    m_secret = new QLineEdit(row);
    m_secret->setObjectName(u"providerKey"_s);
    m_secret->setAccessibleName(tr("Key"));
    m_secret->setEchoMode(QLineEdit::Password);
    m_variable = new QLineEdit(row);
    m_variable->setObjectName(u"providerKeyVariable"_s);
    m_variable->setAccessibleName(tr("Environment variable"));
    m_reveal = iconButton(u"providerKeyReveal"_s, u"eye"_s, tr("Show the key"), row);
    m_reveal->setCheckable(true);
    auto *line = lineIn(row);
    line->addWidget(m_source);
    line->addWidget(m_secret, 1);
    line->addWidget(m_variable, 1);
    line->addWidget(m_reveal);
    connect(m_source, &QComboBox::activated, this, &KeyField::setSource);
    connect(m_secret, &QLineEdit::textEdited, this, &KeyField::typed);
    connect(m_variable, &QLineEdit::textEdited, this, [this](const QString &name) {
        if (config::ProviderKey *shown = key())
            shown->environment = name.trimmed();
        changed();
    });
    connect(m_reveal, &QToolButton::toggled, this, &KeyField::reveal);
    return row;
}

QWidget *KeyField::actionRow()
{
    auto *row = new QWidget(this);
    m_link = textButton(u"providerKeyLink"_s, u"link"_s, tr("Get a key"), row);
    m_add = textButton(u"providerKeyAdd"_s, u"plus"_s, tr("Another key"), row);
    auto *line = lineIn(row);
    line->addWidget(m_link);
    line->addWidget(m_add);
    line->addStretch();
    connect(m_link, &QToolButton::clicked, this, [this] { QDesktopServices::openUrl(m_keyUrl); });
    connect(m_add, &QToolButton::clicked, this, &KeyField::addKey);
    return row;
}

void KeyField::show(ProviderDraft *draft, const QUrl &keyUrl, const QString &variable)
{
    m_draft = draft;
    m_keyUrl = keyUrl;
    m_usualVariable = variable;
    m_link->setVisible(!keyUrl.isEmpty());
    m_link->setToolTip(keyUrl.toString());
    setEnabled(draft && !draft->isSimulator());
    m_reveal->setChecked(false);
    fill();
}

/// The key in use, in the draft's list.
config::ProviderKey *KeyField::key()
{
    if (!m_draft)
        return nullptr;
    if (m_draft->config.keys.isEmpty())
        m_draft->config.keys = config::keysOf(m_draft->config);
    const QString active = config::activeKeyOf(m_draft->config).id;
    const auto found = std::find_if(m_draft->config.keys.begin(), m_draft->config.keys.end(),
                                    [&active](const config::ProviderKey &row) { return row.id == active; });
    return &*found;
}

void KeyField::fill()
{
    if (!m_draft)
        return;
    m_filling = true;
    const QList<config::ProviderKey> keys = config::keysOf(m_draft->config);
    const config::ProviderKey active = config::activeKeyOf(m_draft->config);
    m_choice->clear();
    for (const config::ProviderKey &row : keys)
        m_choice->addItem(row.name, row.id);
    m_choice->setCurrentIndex(m_choice->findData(active.id));
    m_choiceRow->setVisible(keys.size() > 1);
    const bool environment = !active.environment.isEmpty();
    m_source->setCurrentIndex(environment ? Environment : Keychain);
    m_secret->setVisible(!environment);
    m_reveal->setVisible(!environment);
    m_variable->setVisible(environment);
    m_variable->setText(active.environment);
    m_secret->setText(m_draft->typedKeys.value(active.id));
    m_filling = false;
    showState();
}

void KeyField::refresh()
{
    if (m_draft && !m_draft->typedKeys.contains(config::activeKeyOf(m_draft->config).id) && !m_reveal->isChecked())
        m_secret->clear();
    showState();
}

void KeyField::focusKey()
{
    m_secret->setFocus();
}

void KeyField::changed()
{
    m_draft->test.reset();
    showState();
    Q_EMIT edited();
}

void KeyField::use(int index)
{
    if (m_filling || index < 0)
        return;
    m_draft->config.activeKey = m_choice->itemData(index).toString();
    m_reveal->setChecked(false);
    fill();
    changed();
}

void KeyField::rename(const QString &name)
{
    if (config::ProviderKey *shown = key())
        shown->name = name.trimmed();
    m_choice->setItemText(m_choice->currentIndex(), name);
    Q_EMIT edited();
}

void KeyField::addKey()
{
    config::ProviderKey *first = key();
    if (!first)
        return;
    if (first->name.isEmpty())
        first->name = tr("First key");
    QList<config::ProviderKey> &keys = m_draft->config.keys;
    const auto taken = [this, &keys](const QString &id) {
        return m_draft->removedKeys.contains(id)
            || std::any_of(keys.cbegin(), keys.cend(), [&id](const config::ProviderKey &row) { return row.id == id; });
    };
    qsizetype number = keys.size() + 1;
    while (taken(u"key-%1"_s.arg(number)))
        ++number;
    const config::ProviderKey added { u"key-%1"_s.arg(number), tr("Key %1").arg(number), {} };
    keys.append(added);
    m_draft->config.activeKey = added.id;
    m_draft->storedKeys.insert(added.id, false);
    m_reveal->setChecked(false);
    fill();
    changed();
    m_choice->setFocus();
    m_choice->lineEdit()->selectAll();
}

void KeyField::removeKey()
{
    const config::ProviderKey *shown = key();
    if (!shown || m_draft->config.keys.size() < 2)
        return;
    const QString id = shown->id;
    m_draft->removedKeys << id;
    m_draft->typedKeys.remove(id);
    m_draft->config.keys.removeIf([&id](const config::ProviderKey &row) { return row.id == id; });
    m_draft->config.activeKey = m_draft->config.keys.first().id;
    m_reveal->setChecked(false);
    fill();
    changed();
    m_choice->setFocus();
}

void KeyField::setSource(int source)
{
    config::ProviderKey *shown = key();
    if (!shown || (source == Environment) == !shown->environment.isEmpty())
        return;
    shown->environment = source == Keychain ? QString() : m_usualVariable.isEmpty() ? u"API_KEY"_s : m_usualVariable;
    m_reveal->setChecked(false);
    fill();
    changed();
}

void KeyField::typed(const QString &text)
{
    if (m_filling || !m_draft)
        return;
    m_draft->typedKeys.insert(config::activeKeyOf(m_draft->config).id, text.trimmed());
    changed();
}

void KeyField::reveal(bool on)
{
    m_secret->setEchoMode(on ? QLineEdit::Normal : QLineEdit::Password);
    m_reveal->setToolTip(on ? tr("Hide the key") : tr("Show the key"));
    if (!m_draft)
        return;
    const QString id = config::activeKeyOf(m_draft->config).id;
    if (m_draft->typedKeys.contains(id))
        return;
    m_secret->clear();
    if (!on)
        return;
    whenReady(this, m_secrets.read(config::secretId(m_draft->config.id, id)),
              [this, providerId = m_draft->config.id, id](const QString &secret) {
                  const bool still = m_draft && m_draft->config.id == providerId && m_reveal->isChecked()
                      && config::activeKeyOf(m_draft->config).id == id && !m_draft->typedKeys.contains(id);
                  if (still)
                      m_secret->setText(secret);
              });
}

void KeyField::showState()
{
    using Tone = ToneLabel::Tone;
    if (!m_draft)
        return;
    const config::ProviderKey active = config::activeKeyOf(m_draft->config);
    const bool kept = m_secrets.persistent();
    const bool stored = m_draft->storedKeys.value(active.id);
    const bool isTyped = m_draft->typedKeys.contains(active.id);
    const bool hasTyped = isTyped && !m_draft->typedKeys.value(active.id).isEmpty();
    m_source->setItemText(Keychain, kept ? tr("Keychain") : tr("Memory only"));
    m_secret->setPlaceholderText(stored ? tr("A key is stored. Type to replace it.") : tr("none"));
    if (m_draft->isSimulator())
        m_state->say(tr("needs none"), Tone::Muted);
    else if (!active.environment.isEmpty())
        m_draft->hasKey()
            ? m_state->say(tr("%1 is set: its value is read at each call and never stored.").arg(active.environment),
                           Tone::Muted)
            : m_state->say(tr("%1 is not set here. Set it and start Talkbench again.").arg(active.environment),
                           Tone::Warning);
    else if (!kept)
        m_state->say(tr("There is no keychain here: the key is kept in memory only, until Talkbench ends."),
                     stored || hasTyped ? Tone::Warning : Tone::Muted);
    else if (isTyped && !hasTyped && stored)
        m_state->say(tr("The stored key will be forgotten when you save."), Tone::Muted);
    else if (hasTyped)
        m_state->say(tr("Goes to the system keychain when you save."), Tone::Muted);
    else if (!m_draft->storedKeys.contains(active.id))
        m_state->say(tr("Asking the keychain…"), Tone::Muted);
    else
        m_state->say(stored ? tr("In the system keychain.")
                         : config::needsKey(m_draft->config)
                         ? tr("No key stored.")
                         : tr("No key stored: right for a server that asks for none."),
                     Tone::Muted);
}

} // namespace talkbench::ui
