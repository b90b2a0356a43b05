#include "core/config/secretbackend.h"

#include <qt6keychain/keychain.h>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

constexpr QLatin1StringView service { "talkbench" };

/// The job deletes itself once it has finished.
template <typename JobType, typename Collect>
void start(JobType *job, const QString &id, const SecretBackend::Done &done, Collect collect)
{
    job->setKey(id);
    QObject::connect(job, &QKeychain::Job::finished, job, [job, done, collect] {
        switch (job->error()) {
        case QKeychain::NoError:
            return done({ .outcome = SecretBackend::Outcome::Ok, .secret = collect(job), .why = {} });
        case QKeychain::EntryNotFound:
            return done({ .outcome = SecretBackend::Outcome::NotFound, .secret = {}, .why = {} });
        default:
            return done({ .outcome = SecretBackend::Outcome::Failed, .secret = {}, .why = job->errorString() });
        }
    });
    job->start();
}

class Keychain final : public SecretBackend {
public:
    void read(const QString &id, const Done &done) override
    {
        start(new QKeychain::ReadPasswordJob(service), id, done,
              [](const QKeychain::ReadPasswordJob *job) { return job->textData(); });
    }

    void write(const QString &id, const QString &secret, const Done &done) override
    {
        auto *job = new QKeychain::WritePasswordJob(service);
        job->setTextData(secret);
        start(job, id, done, [](const QKeychain::WritePasswordJob *) { return QString(); });
    }

    void remove(const QString &id, const Done &done) override
    {
        start(new QKeychain::DeletePasswordJob(service), id, done,
              [](const QKeychain::DeletePasswordJob *) { return QString(); });
    }
};

} // namespace

std::unique_ptr<SecretBackend> systemKeychain()
{
    return std::make_unique<Keychain>();
}

} // namespace talkbench::config
