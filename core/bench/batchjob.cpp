#include "core/bench/batchjob.h"

#include "core/run/record.h"
#include "core/run/validating.h"
#include "core/validate/validators.h"

#include <QUuid>

#include <algorithm>
#include <utility>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

/// By so much at most the provider's clock and ours differ.
constexpr qint64 clockSlackMs = 600'000;

base::Error configError(const QString &message)
{
    return { base::ErrorKind::Config, message, {}, 0, std::nullopt };
}

base::Result<std::unique_ptr<BatchJob>> jobFor(qsizetype target, const BatchPlan &plan)
{
    const BatchTarget &row = plan.targets[target];
    auto job = std::make_unique<BatchJob>();
    job->target = target;
    job->api = llm::batchApiFor(row.endpoint.protocol);
    if (!job->api)
        return configError(u"'%1' has no batch API that Talkbench speaks."_s.arg(row.server));
    job->submission.tag = QUuid::createUuid().toString(QUuid::WithoutBraces);
    job->submission.server = row.server;
    job->submission.model = row.model;
    return job;
}

std::optional<base::Error> addOpen(const BatchJournal &journal, const BatchPlan &plan, BatchJobs &jobs)
{
    for (const Submission &submission : journal.submissions()) {
        if (!submission.isOpen())
            continue;
        const auto target = std::find_if(plan.targets.begin(), plan.targets.end(), [&](const BatchTarget &row) {
            return row.server == submission.server && row.model == submission.model;
        });
        if (target == plan.targets.end())
            return configError(u"%1 has a batch open at '%2' for the model '%3': name both to go on with it."_s.arg(
                journal.path(), submission.server, submission.model));
        auto job = jobFor(target - plan.targets.begin(), plan);
        if (!job)
            return job.error();
        (*job)->submission = submission;
        (*job)->fresh = false;
        (*job)->remote.id = submission.remote;
        jobs.push_back(*std::move(job));
    }
    return std::nullopt;
}

/// As JSON, at most as a rule.
qint64 bytesOf(const BatchPrompt &prompt)
{
    return (prompt.text.size() + prompt.system.size()) * 3 + 4096;
}

std::optional<base::Error> addNew(const QList<BatchItem> &items, const BatchPlan &plan, BatchJobs &jobs)
{
    QSet<QString> taken;
    for (const auto &job : jobs) {
        for (auto prompt = job->submission.prompts.begin(); prompt != job->submission.prompts.end(); ++prompt)
            taken.insert(prompt.key());
    }
    QHash<qsizetype, std::pair<BatchJob *, qint64>> filling; // by target: with its bytes so far
    for (const BatchItem &item : items) {
        if (taken.contains(item.key))
            continue;
        auto &[job, bytes] = filling[item.target];
        const qint64 size = bytesOf(item.prompt);
        if (!job || job->submission.prompts.size() >= BatchJob::mostRequests || bytes + size > BatchJob::mostBytes) {
            auto made = jobFor(item.target, plan);
            if (!made)
                return made.error();
            jobs.push_back(*std::move(made));
            job = jobs.back().get();
            bytes = 0;
        }
        bytes += size;
        job->submission.prompts.insert(item.key, item.prompt.id);
    }
    return std::nullopt;
}

} // namespace

qint64 BatchJob::sinceMs() const
{
    return submission.sentMs - clockSlackMs;
}

bool BatchJob::mayBe(const llm::RemoteBatch &batch, const BatchJournal &journal) const
{
    if (api->keepsTags())
        return batch.tag == submission.tag;
    const auto &known = journal.submissions();
    const bool another =
        std::any_of(known.begin(), known.end(), [&batch](const Submission &row) { return row.remote == batch.id; });
    return !another && !notOurs.contains(batch.id) && batch.createdMs >= sinceMs()
        && batch.total == submission.prompts.size();
}

base::Result<std::shared_ptr<BatchJobs>> batchJobs(const QList<BatchItem> &items, const BatchJournal &journal,
                                                   const BatchPlan &plan)
{
    auto jobs = std::make_shared<BatchJobs>();
    auto problem = addOpen(journal, plan, *jobs);
    if (!problem)
        problem = addNew(items, plan, *jobs);
    if (problem)
        return *problem;
    return jobs;
}

profile::RunRecord recordOf(const BatchJob &job, const llm::BatchOutcome &outcome, const BatchPlan &plan,
                            const cost::PriceBook &prices)
{
    llm::Answer answer = outcome.answer;
    if (outcome.kind == llm::BatchOutcome::Kind::Expired)
        answer.error = base::Error { base::ErrorKind::TotalTimeout,
                                     u"The provider did not come to it within the batch's day."_s,
                                     {},
                                     0,
                                     std::nullopt };
    const BatchTarget &target = plan.targets[job.target];
    run::RunRequest request;
    request.operation = profile::Operation::Batch;
    request.endpoint = target.endpoint;
    request.conversationId = job.submission.tag;
    request.chat.model = target.model;
    request.chat.options = plan.options;
    request.chat.options.stream = false;
    profile::Trace trace;
    trace.decisions.append({ u"batch"_s, u"the provider's batch %1"_s.arg(job.remote.id) });
    run::Accounting accounting { prices };
    accounting.batch = true;
    const QUuid id =
        QUuid::createUuidV5(QUuid::fromString(job.submission.tag), job.remote.id + u'/' + outcome.customId);
    profile::RunRecord record = run::makeRecord(id.toString(QUuid::WithoutBraces), request, job.submission.sentMs,
                                                answer, trace, {}, accounting);
    if (run::Validating::canBeChecked(answer))
        record.validation = validate::check(plan.validation.validators, answer.text);
    return record;
}

} // namespace talkbench::bench
