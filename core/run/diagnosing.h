#pragma once

#include "core/cost/pricebook.h"
#include "core/llm/answer.h"
#include "core/profile/runrecord.h"
#include "core/run/diagnosis.h"
#include "core/run/errand.h"

#include <QNetworkProxy>
#include <QPromise>

namespace talkbench::run {

using DiagnosisPromise = QPromise<Diagnosis>;

/// 'Test connection': looks the name up, asks for the models, and where that fails for want of the right path, looks for it
/// at the same server; then the model, then a short chat.
class Diagnosing final : public Errand {
    Q_OBJECT

public:
    using Addresses = base::Result<QStringList>;
    /// Calls back in `context`'s thread.
    using NameLookup =
        std::function<void(const QString &host, QObject *context, std::function<void(const Addresses &)>)>;

    Diagnosing(const DiagnosisPlan &plan, std::shared_ptr<DiagnosisPromise> promise, const base::Clock &clock,
               const cost::PriceBook &prices, NameLookup lookup = {});
    /// Keeps the promise, whatever happened.
    ~Diagnosing() override;

    void begin() override;

Q_SIGNALS:
    /// The chat is over: a call as any other, which may have to be paid.
    void called(const talkbench::profile::RunRecord &record);

private:
    void findProxy();
    void onProxy(const QNetworkProxy &proxy);
    bool isProxied() const;
    QString proxyName() const;
    void lookUpName();
    void onName(const Addresses &addresses);
    void askModels();
    void onModels(const Fetched &fetched);
    void addConnectionSteps(const Fetched &fetched);
    QString connectedText(const QString &server, bool tls) const;
    void onModelsFailed(const base::Error &error, double ms);
    void searchBetterUrl();
    void onBetterUrlSearched();
    void checkModel();
    void chat();
    void onChat(const Fetched &fetched);
    void record(const llm::Answer &answer, const Fetched &fetched);
    DiagnosisStep &add(const QString &id, DiagnosisStep::State state, const QString &text, const QString &advice = {});
    void fail(const QString &id, const base::Error &error, const QString &advice, std::optional<double> ms = {});
    void keep();

    const DiagnosisPlan m_plan;
    const std::shared_ptr<DiagnosisPromise> m_promise;
    const NameLookup m_lookup;
    const cost::PriceBook &m_prices;
    llm::ChatRequest m_question;
    const llm::Provider *m_provider = nullptr;
    Diagnosis m_diagnosis;
    QNetworkProxy m_proxy { QNetworkProxy::NoProxy };
    bool m_proxyKnown = false; ///< one way or the other
    qint64 m_lookupNs = 0;
    bool m_nameKnown = false; ///< one way or the other
    /// Addresses that may be meant, in the order of preference, and what they answered.
    struct Candidate {
        llm::Endpoint endpoint;
        std::optional<QList<llm::ModelInfo>> models;
    };
    QList<Candidate> m_candidates;
    int m_candidatesOpen = 0;
};

} // namespace talkbench::run
