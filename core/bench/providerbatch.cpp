#include "core/bench/providerbatch.h"

#include "core/base/whenready.h"
#include "core/run/retry.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace talkbench::bench {

using namespace Qt::StringLiterals;
using base::ErrorKind;

namespace {

constexpr qint64 firstPollMs = 2000;
constexpr qint64 longestTroubleMs = 600'000;
constexpr int mostPages = 50;
constexpr int mostDoubts = 3;
constexpr qsizetype largestResults = qsizetype(1) << 30;

base::Error failure(ErrorKind kind, const QString &message, const QString &detail = {})
{
    return { kind, message, detail, 0, std::nullopt };
}

/// The provider has surely not made a batch of it.
bool wasRefused(const base::Error &error)
{
    using enum ErrorKind;
    return error.kind == Dns || error.kind == Refused || error.kind == Tls || error.kind == Proxy
        || error.kind == ConnectTimeout || error.kind == Redirect
        || (error.httpStatus >= 400 && error.httpStatus < 500);
}

/// With what it means in front.
base::Error named(base::Error error, const QString &what)
{
    error.message = u"%1 %2"_s.arg(what, error.message);
    return error;
}

} // namespace

ProviderBatch::ProviderBatch(const Services &services, BatchJournal &journal, const BatchPlan &plan, QObject *parent)
    : QObject(parent), m_services(services), m_journal(journal), m_plan(plan)
{
}

ProviderBatch::~ProviderBatch() = default;

void ProviderBatch::start(const QList<BatchItem> &items, const BatchProgress &before)
{
    m_progress = before;
    for (const BatchItem &item : items)
        m_items.insert(item.key, item);
    auto jobs = batchJobs(items, m_journal, m_plan);
    if (!jobs)
        return finish(jobs.error());
    m_jobs = std::move(**jobs);
    next();
}

void ProviderBatch::stop()
{
    finish();
}

void ProviderBatch::cancel()
{
    m_cancelled = true;
    m_rounds = 0;
    if (m_roundTimer) {
        m_roundTimer.reset();
        beginRound();
    }
}

void ProviderBatch::beginRound()
{
    for (const auto &job : m_jobs)
        job->asked = false;
    next();
}

/// What is sent, then what has ended, then how far the rest is.
void ProviderBatch::next()
{
    if (m_finished)
        return;
    if (m_cancelled)
        std::erase_if(m_jobs, [](const auto &job) { return job->fresh; });
    report();
    for (const auto &job : m_jobs) {
        if (job->fresh)
            return upload(*job);
        if (job->remote.id.isEmpty())
            return find(*job);
    }
    for (const auto &job : m_jobs) {
        if (job->remote.ended)
            return collect(*job, 0);
        if (!job->asked)
            return poll(*job);
    }
    if (m_jobs.empty())
        return finish();
    const double grown = static_cast<double>(firstPollMs) * std::pow(1.5, std::min(m_rounds++, 30));
    m_roundTimer = std::make_unique<QObject>();
    m_services.scheduler.after(std::min(static_cast<qint64>(grown), qint64(m_plan.pollMs)), m_roundTimer.get(), [this] {
        m_roundTimer.release()->deleteLater(); // its own call is running
        beginRound();
    });
}

void ProviderBatch::upload(BatchJob &job)
{
    QByteArrayList entries;
    const llm::Endpoint &endpoint = m_plan.targets[job.target].endpoint;
    for (auto prompt = job.submission.prompts.begin(); prompt != job.submission.prompts.end(); ++prompt) {
        const auto entry = job.api->entry(prompt.key(), requestOf(m_items[prompt.key()], m_plan).chat, endpoint);
        if (!entry)
            return finish(entry.error());
        entries.append(*entry);
    }
    const auto request = job.api->uploadRequest(entries, endpoint);
    if (!request)
        return submit(job, {}, entries);
    ask(job, *request, [this, &job](const base::Result<QByteArray> &answer) {
        const auto file = answer ? job.api->parseUpload(*answer) : answer.error();
        if (!file)
            return finish(named(file.error(), u"The batch's requests could not be uploaded."_s));
        if (m_cancelled)
            return next();
        submit(job, *file, {});
    });
}

/// From here on the provider may have it.
void ProviderBatch::submit(BatchJob &job, const QString &file, const QByteArrayList &entries)
{
    job.fresh = false;
    job.submission.file = file;
    job.submission.sentMs = m_services.clock.wallMs();
    if (!write(job, Submission::State::Sending))
        return;
    const auto request = job.api->createRequest(file, entries, job.submission.tag, m_plan.targets[job.target].endpoint);
    ask(
        job, request, [this, &job](const base::Result<QByteArray> &answer) { onSubmitted(job, answer); }, false);
}

void ProviderBatch::onSubmitted(BatchJob &job, const base::Result<QByteArray> &answer)
{
    const auto made = answer ? job.api->parseState(*answer) : answer.error();
    if (made) {
        job.remote = *made;
        job.submission.remote = made->id;
        if (write(job, Submission::State::Sent))
            next();
        return;
    }
    if (wasRefused(made.error()))
        return deleteFile(job, [this, &job, error = made.error()] { onRefused(job, error); });
    if (++job.doubts == mostDoubts)
        return finish(named(made.error(), u"The provider does not say whether it has taken the batch."_s));
    m_trouble = made.error().message;
    next();
}

void ProviderBatch::onRefused(BatchJob &job, const base::Error &error)
{
    if (!write(job, Submission::State::Void))
        return;
    if (!run::Retry::isTransient(error))
        return finish(named(error, u"The provider did not take the batch."_s));
    job.fresh = true;
    later(troubleMs(error), [this] { next(); });
}

/// Whether the provider has what was sent.
void ProviderBatch::find(BatchJob &job, const QString &after, int pages)
{
    const qint64 waitMs = job.submission.sentMs + m_plan.doubtMs - m_services.clock.wallMs();
    if (waitMs > 0 && waitMs <= m_plan.doubtMs)
        return later(waitMs, [this] { next(); });
    const auto request = job.api->listRequest(after, m_plan.targets[job.target].endpoint);
    ask(job, request, [this, &job, pages](const base::Result<QByteArray> &answer) {
        const auto list = answer ? job.api->parseList(*answer) : answer.error();
        if (list)
            onListed(job, *list, pages);
        else
            finish(named(list.error(), u"Whether the provider has taken the batch can't be found out."_s));
    });
}

void ProviderBatch::onListed(BatchJob &job, const llm::RemoteBatches &list, int pages)
{
    const auto isIt = [&](const llm::RemoteBatch &batch) { return job.mayBe(batch, m_journal); };
    const auto found = std::find_if(list.batches.begin(), list.batches.end(), isIt);
    if (found != list.batches.end()) {
        job.remote = *found;
        job.guessed = !job.api->keepsTags();
        job.submission.remote = job.guessed ? QString() : found->id;
        if (job.guessed || write(job, Submission::State::Sent))
            next();
        return;
    }
    const bool older = list.batches.isEmpty() || list.batches.constLast().createdMs < job.sinceMs();
    if (!list.after.isEmpty() && !older && pages < mostPages)
        return find(job, list.after, pages + 1);
    deleteFile(job, [this, &job] { startAfresh(job); });
}

/// The provider does not have it: it is sent again, as far as it is still wanted.
void ProviderBatch::startAfresh(BatchJob &job)
{
    if (!write(job, Submission::State::Void))
        return;
    job.fresh = true;
    job.submission.prompts.removeIf([this](const auto &prompt) { return !m_items.contains(prompt.key()); });
    if (job.submission.prompts.isEmpty())
        drop(job);
    next();
}

void ProviderBatch::poll(BatchJob &job)
{
    job.asked = true;
    const llm::Endpoint &endpoint = m_plan.targets[job.target].endpoint;
    const bool cancels = m_cancelled && !job.guessed && !std::exchange(job.cancelAsked, m_cancelled);
    const auto request =
        cancels ? job.api->cancelRequest(job.remote.id, endpoint) : job.api->stateRequest(job.remote.id, endpoint);
    ask(job, request, [this, &job, cancels](const base::Result<QByteArray> &answer) {
        if (cancels && !answer)
            job.asked = false; // it may have ended meanwhile: its state tells
        if (cancels && !answer && answer.error().kind != ErrorKind::NotFound)
            next();
        else
            onPolled(job, answer);
    });
}

void ProviderBatch::onPolled(BatchJob &job, const base::Result<QByteArray> &answer)
{
    const auto state = answer ? job.api->parseState(*answer) : answer.error();
    if (!state && state.error().kind == ErrorKind::NotFound)
        return giveUp(job);
    if (!state)
        return finish(named(state.error(), u"How far the batch %1 is can't be found out."_s.arg(job.remote.id)));
    job.remote = *state;
    if (!state->refusal)
        return next();
    deleteFile(job, [this, &job, refusal = *state->refusal] {
        if (write(job, Submission::State::Void))
            finish(named(refusal, u"The provider could not use the batch, and has asked nothing."_s));
    });
}

/// Its results are gone. Asking again would be paying twice: only a person may want that.
void ProviderBatch::giveUp(BatchJob &job)
{
    if (!m_plan.retryFailed)
        return finish(failure(ErrorKind::NotFound,
                              u"The provider no longer knows the batch %1: its results are gone. To ask everything in "
                              "it again, ask failed ones again."_s.arg(job.remote.id)));
    job.remote = {};
    deleteFile(job, [this, &job] { startAfresh(job); });
}

/// The uploaded requests are of no more use. That they stay is told; nothing depends on it.
void ProviderBatch::deleteFile(BatchJob &job, const std::function<void()> &then)
{
    const QString &file = job.submission.file;
    const auto request = job.api->deleteRequest(file, m_plan.targets[job.target].endpoint);
    if (!request || file.isEmpty())
        return then();
    const auto onAnswer = [this, file, then](const base::Result<QByteArray> &answer) {
        if (!answer && answer.error().kind != ErrorKind::NotFound)
            warn(u"The uploaded file %1 could not be deleted at the provider: %2"_s.arg(file, answer.error().message));
        then();
    };
    ask(job, *request, onAnswer, false);
}

void ProviderBatch::collect(BatchJob &job, qsizetype request)
{
    const auto requests = job.api->resultRequests(job.remote, m_plan.targets[job.target].endpoint);
    if (request < requests.size()) {
        ask(job, requests[request], [this, &job, request](const base::Result<QByteArray> &answer) {
            if (answer)
                read(job, *answer, 0, request);
            else
                finish(
                    named(answer.error(), u"The results of the batch %1 could not be collected."_s.arg(job.remote.id)));
        });
        return;
    }
    if (job.guessed) { // without a result that says whose it is
        isOurs(job, {});
        return next();
    }
    if (job.unreadable && !job.hasRead) // another's page, rather than results
        return finish(
            named(*job.unreadable, u"The results of the batch %1 could not be collected."_s.arg(job.remote.id)));
    countUnanswered(job);
    deleteFile(job, [this, &job] {
        if (!write(job, Submission::State::Collected))
            return;
        drop(job);
        next();
    });
}

/// False, and finished, if it could not be written.
bool ProviderBatch::write(BatchJob &job, Submission::State state)
{
    job.submission.state = state;
    const auto written = m_journal.append(job.submission);
    if (!written)
        finish(written.error());
    return bool(written);
}

void ProviderBatch::drop(const BatchJob &job)
{
    std::erase_if(m_jobs, [&job](const auto &one) { return one.get() == &job; });
}

/// `persists`: asks again for as long as what is wrong may pass.
void ProviderBatch::ask(const BatchJob &job, const base::HttpRequest &request, const Answered &then, bool persists)
{
    const llm::Endpoint &endpoint = m_plan.targets[job.target].endpoint;
    const auto answered = [this, &job, request, then, persists](const run::BodyResult &answer) {
        if (m_finished)
            return;
        if (!answer && persists && run::Retry::isTransient(answer.error()))
            return later(troubleMs(answer.error()), [this, &job, request, then] { ask(job, request, then); });
        if (answer) {
            m_troubles = 0;
            m_trouble.clear();
        }
        then(answer);
    };
    base::whenReady(this, m_services.runs.fetch({ endpoint, request, m_plan.limits, largestResults }), answered);
}

void ProviderBatch::later(qint64 ms, const std::function<void()> &then)
{
    m_services.scheduler.after(ms, this, [this, then] {
        if (!m_finished)
            then();
    });
}

qint64 ProviderBatch::troubleMs(const base::Error &error)
{
    m_trouble = error.message;
    report();
    const qint64 grown = firstPollMs << std::min(m_troubles++, 10);
    return std::max(std::min(grown, longestTroubleMs), error.retryAfterMs.value_or(0));
}

void ProviderBatch::report()
{
    qint64 total = 0;
    qint64 done = 0;
    QString status;
    m_progress.inFlight = 0;
    for (const auto &job : m_jobs) {
        m_progress.inFlight += job->fresh ? 0 : job->submission.prompts.size();
        total += job->submission.prompts.size();
        done += job->remote.done;
        status = job->fresh ? u"sending"_s : job->remote.status.isEmpty() ? u"looking for it"_s : job->remote.status;
    }
    m_progress.remoteDone = static_cast<qsizetype>(done);
    m_progress.remote.clear();
    if (!m_jobs.empty())
        m_progress.remote =
            u"the provider: %1, %2 of %3"_s
                .arg(m_jobs.size() == 1 ? status.replace(u'_', u' ') : u"%1 batches"_s.arg(m_jobs.size()))
                .arg(done)
                .arg(total);
    if (!m_trouble.isEmpty())
        m_progress.remote += u" · "_s + m_trouble.simplified();
    Q_EMIT progressed(m_progress);
}

void ProviderBatch::finish(const std::optional<base::Error> &error)
{
    if (std::exchange(m_finished, true))
        return;
    Q_EMIT progressed(m_progress);
    Q_EMIT finished(error);
}

} // namespace talkbench::bench
