#pragma once

#include "core/llm/vendors.h"
#include "core/run/errand.h"

#include <QPromise>

namespace talkbench::run {

/// A server of this machine, or of a host that the user named, that answered.
struct LocalServer {
    /// The row it is; empty for one that speaks the protocol but is none of them.
    QString vendorId;
    /// The row's, or "OpenAI-compatible server".
    QString name;
    QString protocol;
    QUrl baseUrl;
    QList<llm::ModelInfo> models;
    /// It is there, but tells its models only to who has a key.
    bool needsKey = false;
};

using LocalServersPromise = QPromise<QList<LocalServer>>;

/// Looks which servers of the user's own run: asks each address of the vendors' local rows for its models, all at a time, and
/// says what answers there, whatever usually has that port. No other host than this machine and those of `hosts` is ever
/// asked, and no key is sent.
class LocalSearch final : public Errand {
    Q_OBJECT

public:
    LocalSearch(const QList<llm::Vendor> &vendors, const QStringList &hosts,
                std::shared_ptr<LocalServersPromise> promise, const base::Clock &clock);
    /// Keeps the promise with what was found by then.
    ~LocalSearch() override;

    void begin() override;

private:
    void heard(const QList<llm::Vendor> &rows, const Fetched &fetched);
    void askFurther(const QList<llm::Vendor> &rows, const LocalServer &server);
    void found(LocalServer server, const llm::Vendor *vendor);
    void settled();
    void keep();

    QList<llm::Vendor> m_vendors;
    const std::shared_ptr<LocalServersPromise> m_promise;
    QList<LocalServer> m_found;
    int m_open = 0; ///< addresses that have not been settled
};

} // namespace talkbench::run
