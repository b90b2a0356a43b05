#include "ui/settings/modelnames.h"

#include "core/config/settings.h"
#include "core/select/policy.h"
#include "ui/settings/modelcompleter.h"

#include <QLineEdit>
#include <QPlainTextEdit>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

bool isSame(const QString &a, const QString &b)
{
    return a.compare(b, Qt::CaseInsensitive) == 0;
}

bool isReadable(const QString &name)
{
    return !name.isEmpty() && name == name.simplified() && !name.contains(u'/') && !name.contains(u',')
        && !name.contains(u"->"_s);
}

} // namespace

ModelNames::ModelNames(AppContext &context) : m_context(context)
{
    m_known = providers();
}

void ModelNames::keep(const QList<select::ModelRef> &models)
{
    for (const select::ModelRef &model : models) {
        const bool known = std::any_of(m_known.cbegin(), m_known.cend(),
                                       [&model](const Provider &provider) { return provider.id == model.providerId; });
        if (!known)
            m_known.append({ model.providerId, model.providerId });
    }
}

/// Those of the beginning, and what the settings have by now.
QList<ModelNames::Provider> ModelNames::providers() const
{
    QList<Provider> all = m_known;
    const auto configured = m_context.settings.providers();
    for (const config::ProviderConfig &config : configured) {
        if (const Provider provider { config.id, config.name }; !all.contains(provider))
            all.append(provider);
    }
    return all;
}

QString ModelNames::text(const select::ModelRef &model) const
{
    const auto found = std::find_if(m_known.cbegin(), m_known.cend(),
                                    [&model](const Provider &provider) { return provider.id == model.providerId; });
    if (found == m_known.cend() || !isReadable(found->name))
        return toText(model);
    const bool own = std::none_of(m_known.cbegin(), m_known.cend(), [&found](const Provider &other) {
        return other.id != found->id && (isSame(other.name, found->name) || isSame(other.id, found->name));
    });
    return toText(select::ModelRef { own ? found->name : model.providerId, model.model });
}

QString ModelNames::text(const QList<select::ModelRef> &models, const QString &separator) const
{
    QStringList texts;
    for (const select::ModelRef &model : models)
        texts << text(model);
    return texts.join(separator);
}

base::Result<QString> ModelNames::idOf(const QString &written) const
{
    QStringList named;
    const QList<Provider> all = providers();
    for (const Provider &provider : all) {
        if (provider.id == written)
            return written;
        if (isSame(provider.name, written) && !named.contains(provider.id))
            named << provider.id;
    }
    if (named.size() == 1)
        return named.constFirst();
    const QString message = named.isEmpty()
        ? tr("There is no provider “%1”. A model is written “provider/model”.").arg(written)
        : tr("“%1” is the name of several providers. Write which one is meant: %2.").arg(written, named.join(u", "_s));
    return base::Error { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

base::Result<QList<select::ModelRef>> ModelNames::models(const QString &text) const
{
    const auto written = select::modelRefsFromText(text);
    if (!written)
        return base::Error { base::ErrorKind::Config, written.error().message, {}, 0, std::nullopt };
    QList<select::ModelRef> models;
    for (const select::ModelRef &each : *written) {
        const auto id = idOf(each.providerId.trimmed());
        if (!id)
            return id.error();
        if (const select::ModelRef model { *id, each.model }; !models.contains(model))
            models << model;
    }
    return models;
}

void ModelNames::completeIn(QLineEdit *field) const
{
    auto *completer = new ModelCompleter(m_context, *this, field);
    QObject::connect(field, &QLineEdit::textEdited, completer, &ModelCompleter::offer);
}

void ModelNames::completeIn(QPlainTextEdit *field) const
{
    auto *completer = new ModelCompleter(m_context, *this, field);
    QObject::connect(field, &QPlainTextEdit::textChanged, completer, &ModelCompleter::offer);
}

} // namespace talkbench::ui
