#include "ui/settings/providerdrafts.h"

#include "core/config/endpoints.h"
#include "core/config/providerrows.h"
#include "core/config/secrets.h"
#include "core/profile/format.h"
#include "core/run/runservice.h"
#include "ui/endpoints.h"
#include "ui/modellists.h"
#include "ui/rowdelegate.h"
#include "ui/theme/icon.h"
#include "ui/vendors.h"
#include "ui/whenready.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace talkbench::ui {

namespace {

QIcon statusIcon(ProviderStatus status)
{
    switch (status) {
    case ProviderStatus::Untested:
        return icon(u"ring"_s, IconTone::Muted);
    case ProviderStatus::Testing:
        return icon(u"more"_s, IconTone::Muted);
    case ProviderStatus::Ok:
        return icon(u"dot"_s, IconTone::Ok);
    case ProviderStatus::Failing:
        return icon(u"alert"_s, IconTone::Error);
    case ProviderStatus::NoKey:
        return icon(u"key"_s, IconTone::Warning);
    }
    return {};
}

QString worksWords(qsizetype models)
{
    return models == 1 ? ProviderDrafts::tr("Works: 1 model.") : ProviderDrafts::tr("Works: %1 models.").arg(models);
}

/// What the window has seen of the provider since it was started.
std::optional<ProviderDraft::Test> seenOf(const config::ProviderConfig &config, const ModelLists::List &list,
                                          qint64 nowMs)
{
    if (!list.answered && !list.problem)
        return std::nullopt;
    ProviderDraft::Test test { config, false, {}, list.problem };
    test.words =
        ProviderDrafts::tr("%1 (%2)").arg(list.problem ? list.problem->message : worksWords(list.models.size()),
                                          profile::formatAge(std::max<qint64>(nowMs - list.answeredMs, 0)));
    return test;
}

} // namespace

ProviderDrafts::ProviderDrafts(AppContext &context, QObject *parent) : QAbstractListModel(parent), m_context(context)
{
    const auto providers = m_context.settings.providers();
    for (const config::ProviderConfig &provider : providers) {
        auto draft = std::make_unique<ProviderDraft>();
        draft->config = provider;
        draft->url = provider.baseUrl.toString();
        draft->test = seenOf(provider, m_context.models.of(provider.id), m_context.clock.wallMs());
        askForSecrets(*draft);
        m_drafts.push_back(std::move(draft));
    }
}

ProviderDrafts::~ProviderDrafts() = default;

int ProviderDrafts::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_drafts.size());
}

QVariant ProviderDrafts::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const ProviderDraft &draft = *m_drafts.at(static_cast<size_t>(index.row()));
    const QString name = draft.config.name.isEmpty() ? tr("(no name)") : draft.config.name;
    switch (role) {
    case Qt::DisplayRole:
        return name;
    case Qt::DecorationRole:
        return statusIcon(draft.status());
    case RowSecondRole:
        return draft.statusText();
    case Qt::ToolTipRole:
        return draft.url;
    case Qt::AccessibleTextRole:
        return tr("%1, %2").arg(name, draft.statusText());
    default:
        return {};
    }
}

ProviderDraft *ProviderDrafts::at(int row)
{
    return row >= 0 && row < rowCount() ? m_drafts.at(static_cast<size_t>(row)).get() : nullptr;
}

ProviderDraft *ProviderDrafts::find(const QString &id)
{
    return at(rowOf(id));
}

int ProviderDrafts::rowOf(const QString &id) const
{
    const auto found =
        std::find_if(m_drafts.begin(), m_drafts.end(), [&id](const auto &draft) { return draft->config.id == id; });
    return found == m_drafts.end() ? -1 : static_cast<int>(found - m_drafts.begin());
}

int ProviderDrafts::rowAt(const QUrl &baseUrl) const
{
    const auto found = std::find_if(m_drafts.begin(), m_drafts.end(), [&baseUrl](const auto &draft) {
        return isSamePlace(draft->config.baseUrl, baseUrl);
    });
    return found == m_drafts.end() ? -1 : static_cast<int>(found - m_drafts.begin());
}

int ProviderDrafts::add(const llm::Vendor &vendor)
{
    auto draft = std::make_unique<ProviderDraft>();
    const QString id = freeProviderId(
        vendor, [this](const QString &taken) { return m_takenIds.contains(taken) || rowOf(taken) >= 0; });
    draft->config = providerFrom(vendor, id);
    draft->url = vendor.baseUrl.toString();
    draft->storedKeys.insert({}, false);
    const int row = rowCount();
    beginInsertRows({}, row, row);
    m_drafts.push_back(std::move(draft));
    endInsertRows();
    return row;
}

void ProviderDrafts::remove(int row)
{
    const ProviderDraft *draft = at(row);
    if (!draft || draft->isSimulator())
        return;
    m_takenIds << draft->config.id;
    if (m_context.settings.provider(draft->config.id)) // else nothing was stored of it
        forgetSecrets(*draft);
    beginRemoveRows({}, row, row);
    m_drafts.erase(m_drafts.begin() + row);
    endRemoveRows();
}

void ProviderDrafts::forgetSecrets(const ProviderDraft &draft)
{
    for (const config::ProviderKey &key : config::keysOf(draft.config))
        m_removedSecrets << config::secretId(draft.config.id, key.id);
    for (const QString &key : draft.removedKeys)
        m_removedSecrets << config::secretId(draft.config.id, key);
    if (!draft.config.network.proxy.user.isEmpty())
        m_removedSecrets << config::proxySecretId(draft.config.id);
}

void ProviderDrafts::touched(const QString &id)
{
    ProviderDraft *draft = find(id);
    if (!draft)
        return;
    config::ProviderConfig now = draft->config;
    if (draft->test) {
        // Neither changes what a server answers.
        now.name = draft->test->config.name;
        now.defaultModel = draft->test->config.defaultModel;
        if (now != draft->test->config)
            draft->test.reset();
    }
    const QModelIndex changedIndex = index(rowOf(id));
    Q_EMIT dataChanged(changedIndex, changedIndex);
    Q_EMIT changed(id);
}

void ProviderDrafts::askForSecrets(const ProviderDraft &draft)
{
    if (draft.isSimulator())
        return;
    const QString id = draft.config.id;
    for (const config::ProviderKey &key : config::keysOf(draft.config)) {
        whenReady(this, m_context.secrets.read(config::secretId(id, key.id)),
                  [this, id, keyId = key.id](const QString &secret) {
                      if (ProviderDraft *asked = find(id))
                          asked->storedKeys.insert(keyId, !secret.isEmpty());
                      touched(id);
                  });
    }
    whenReady(this, m_context.secrets.read(config::proxySecretId(id)), [this, id](const QString &password) {
        if (ProviderDraft *asked = find(id))
            asked->storedProxyPassword = !password.isEmpty();
        Q_EMIT changed(id);
    });
}

void ProviderDrafts::withEndpoint(const ProviderDraft &draft,
                                  const std::function<void(const base::Result<llm::Endpoint> &)> &then)
{
    if (draft.isSimulator()) {
        whenReady(this, m_context.endpoints.resolve(draft.config.id), then);
        return;
    }
    if (const auto variable = config::checkKeyVariable(draft.config); !variable) {
        then(variable.error());
        return;
    }
    config::TypedSecrets typed;
    const config::ProviderKey key = config::activeKeyOf(draft.config);
    if (key.environment.isEmpty() && draft.typedKeys.contains(key.id))
        typed.apiKey = draft.typedKeys.value(key.id);
    if (draft.config.network.proxying == config::ProviderNetwork::Proxying::Manual)
        typed.proxyPassword = draft.typedProxyPassword;
    whenReady(this, config::endpointOf(m_context.settings, m_context.secrets, draft.config, typed), then);
}

void ProviderDrafts::test(const QString &id)
{
    ProviderDraft *draft = find(id);
    if (!draft || !config::validate(draft->config))
        return;
    const quint64 number = draft->testNumber = ++m_tests;
    draft->test = ProviderDraft::Test { draft->config, true, tr("Testing…"), {} };
    touched(id);
    const auto done = [this, id, number](const run::Diagnosis &diagnosis) { tested(id, number, diagnosis); };
    withEndpoint(*draft, [this, done, model = draft->config.defaultModel](const base::Result<llm::Endpoint> &endpoint) {
        if (endpoint) {
            run::DiagnosisPlan plan { *endpoint };
            plan.model = model;
            whenReady(this, m_context.runs.diagnose(plan), done);
            return;
        }
        run::Diagnosis impossible;
        impossible.error = endpoint.error();
        done(impossible);
    });
}

void ProviderDrafts::stopTest(const QString &id)
{
    ProviderDraft *draft = find(id);
    if (!draft || !draft->test || !draft->test->running)
        return;
    draft->test.reset();
    touched(id);
}

void ProviderDrafts::tested(const QString &id, quint64 number, const run::Diagnosis &diagnosis)
{
    ProviderDraft *draft = find(id);
    if (!draft || draft->testNumber != number || !draft->test)
        return;
    draft->test->running = false;
    draft->test->diagnosis = diagnosis;
    draft->test->problem = diagnosis.error;
    draft->test->words = diagnosis.error ? diagnosis.error->message : worksWords(diagnosis.models.size());
    if (m_context.settings.provider(id) == draft->config && draft->typedKeys.isEmpty())
        learn(*draft);
    touched(id);
    if (!diagnosis.error)
        Q_EMIT listed(id, diagnosis.models);
}

/// The window knows from now on what the test has found.
void ProviderDrafts::learn(const ProviderDraft &draft)
{
    const ProviderDraft::Test &test = *draft.test;
    m_context.models.learn(draft.config.id, test.problem ? ModelLists::Answer(*test.problem) : test.diagnosis.models);
}

int ProviderDrafts::firstInvalid() const
{
    const auto found = std::find_if(m_drafts.begin(), m_drafts.end(),
                                    [](const auto &draft) { return !config::validate(draft->config); });
    return found == m_drafts.end() ? -1 : static_cast<int>(found - m_drafts.begin());
}

QList<config::ProviderConfig> ProviderDrafts::configs() const
{
    QList<config::ProviderConfig> providers;
    for (const auto &draft : m_drafts)
        providers << draft->config;
    return providers;
}

base::Result<void> ProviderDrafts::save()
{
    const auto stored = m_context.settings.setProviders(configs());
    const bool holds = stored || stored.error().kind == base::ErrorKind::Storage;
    for (const auto &draft : m_drafts) {
        // Of those that were seen before, nothing new is known.
        if (holds && draft->test && !draft->test->running && !draft->test->diagnosis.steps.isEmpty())
            learn(*draft);
    }
    return stored;
}

bool ProviderDrafts::isEdited() const
{
    const bool typed = std::any_of(m_drafts.begin(), m_drafts.end(), [](const auto &draft) {
        return !draft->typedKeys.isEmpty() || !draft->removedKeys.isEmpty() || draft->typedProxyPassword
            || draft->url.trimmed() != draft->config.baseUrl.toString();
    });
    return typed || configs() != m_context.settings.providers();
}

void ProviderDrafts::storeKeys()
{
    QStringList removed = std::exchange(m_removedSecrets, {});
    QList<QFuture<base::Result<void>>> writes;
    QStringList concerned;
    for (const auto &draft : m_drafts) {
        const QString &id = draft->config.id;
        for (const QString &keyId : std::exchange(draft->removedKeys, {}))
            removed << config::secretId(id, keyId);
        const QHash<QString, QString> typed = std::exchange(draft->typedKeys, {});
        for (auto key = typed.cbegin(); key != typed.cend(); ++key) {
            draft->storedKeys.insert(key.key(), !key->isEmpty());
            if (key->isEmpty())
                removed << config::secretId(id, key.key());
            else
                writes << m_context.secrets.write(config::secretId(id, key.key()), *key);
        }
        const std::optional<QString> password = std::exchange(draft->typedProxyPassword, std::nullopt);
        if (password && password->isEmpty())
            removed << config::proxySecretId(id);
        else if (password)
            writes << m_context.secrets.write(config::proxySecretId(id), *password);
        if (password)
            draft->storedProxyPassword = !password->isEmpty();
        if (password || !typed.isEmpty())
            concerned << id;
    }
    for (const QString &secret : std::as_const(removed))
        writes << m_context.secrets.remove(secret);
    if (writes.isEmpty())
        Q_EMIT keysStored({});
    const auto waiting = std::make_shared<qsizetype>(writes.size());
    const auto problem = std::make_shared<QString>();
    for (const auto &write : std::as_const(writes)) {
        whenReady(this, write, [this, waiting, problem, concerned](const base::Result<void> &result) {
            if (!result)
                *problem = result.error().message;
            if (--*waiting > 0)
                return;
            for (const QString &id : concerned) {
                m_context.models.refresh(id);
                touched(id);
            }
            Q_EMIT keysStored(*problem);
        });
    }
}

} // namespace talkbench::ui
