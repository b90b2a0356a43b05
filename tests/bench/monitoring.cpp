// What monitoring costs a call, and a report: monitoring [CALLS]
// Beside the plain way, which keeps every figure of every call and sorts them for each report. Prints JSON.

#include "core/profile/report.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include <malloc.h>

using namespace talkbench;
using namespace talkbench::profile;
using namespace Qt::StringLiterals;

namespace {

constexpr int models = 8;
constexpr qint64 betweenNs = 20'000'000; // 50 calls a second, so that every window moves

class SteppedClock final : public base::Clock {
public:
    qint64 nowNs() const override { return now; }
    qint64 wallMs() const override { return now / 1'000'000; }

    qint64 now = 1'000'000'000;
};

/// Answers of 60 chunks, their times with a long tail; one call in fifty fails.
class Calls {
public:
    RunRecord next(qint64 startNs)
    {
        RunRecord record;
        record.providerId = u"provider"_s;
        record.model = u"model-%1"_s.arg(m_random() % models);
        Trace &trace = record.trace;
        trace.submittedNs = trace.queuedNs = trace.dispatchedNs = startNs;
        qint64 ns = startNs + milliseconds(m_wait(m_random));
        trace.firstContentNs = trace.firstOutputNs = ns;
        for (int i = 0; i < 60; ++i) {
            trace.chunks.append({ ns, 4, ChunkKind::Text });
            ns += milliseconds(m_gap(m_random));
        }
        trace.lastContentNs = trace.chunks.constLast().ns;
        trace.endNs = ns;
        if (m_random() % 50 == 0) {
            record.answer.error = base::Error { base::ErrorKind::Overloaded, u"no"_s, {}, 503, std::nullopt };
            return record;
        }
        record.answer.text = u"text"_s;
        record.answer.finished = true;
        record.answer.usage = llm::Usage();
        record.answer.usage->input = 400;
        record.answer.usage->output = 60;
        record.costUsd = 0.001;
        return record;
    }

private:
    static qint64 milliseconds(double ms) { return std::llround(ms * 1e6); }

    std::mt19937 m_random { 1 };
    std::lognormal_distribution<> m_wait { 6, 0.6 };
    std::lognormal_distribution<> m_gap { 2.5, 0.5 };
};

/// Every figure of every call, by model and metric.
class Kept {
public:
    void add(const RunRecord &record)
    {
        const Sample sample(record);
        for (const auto &[row, value] : sample.values)
            m_values[{ record.model, row }].push_back(static_cast<double>(value));
    }
    /// Of every model and metric count, min, mean, max and percentiles; gives their sum, so that nothing is left undone.
    double report() const
    {
        double sum = 0;
        for (const auto &[key, values] : m_values) {
            std::vector<double> sorted = values;
            std::sort(sorted.begin(), sorted.end());
            double total = 0;
            for (const double value : sorted)
                total += value;
            sum += percentile(sorted, 0.99) + total / static_cast<double>(sorted.size());
        }
        return sum;
    }
    double p99(const QString &model, std::size_t row) const
    {
        std::vector<double> sorted = m_values.at({ model, row });
        std::sort(sorted.begin(), sorted.end());
        return percentile(sorted, 0.99) / 1e9;
    }

private:
    static double percentile(const std::vector<double> &sorted, double share)
    {
        return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    }

    std::map<std::pair<QString, std::size_t>, std::vector<double>> m_values;
};

double heapMb()
{
    return static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd) / 1e6;
}

template <typename Work>
double millisecondsOf(Work work)
{
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        QElapsedTimer timer;
        timer.start();
        work();
        best = std::min(best, static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    return best;
}

/// Feeds the calls; microseconds each and megabytes in the end.
template <typename Add>
QJsonObject fed(int calls, SteppedClock &clock, Add add)
{
    Calls source;
    qint64 spentNs = 0;
    const double before = heapMb();
    for (int i = 0; i < calls; ++i) {
        clock.now += betweenNs;
        const RunRecord record = source.next(clock.now);
        QElapsedTimer timer;
        timer.start();
        add(record);
        spentNs += timer.nsecsElapsed();
    }
    return { { u"call_us"_s, static_cast<double>(spentNs) / 1e3 / calls }, { u"heap_mb"_s, heapMb() - before } };
}

/// The largest error of a p99, in percent of the true one.
double largestError(const Monitor &monitor, const Kept &kept)
{
    double largest = 0;
    const auto table = metricTable();
    for (std::size_t row = 0; row < table.size(); ++row) {
        if (QByteArrayView(table[row].id) != "ttft_ms" && QByteArrayView(table[row].id) != "response_ms")
            continue;
        for (int i = 0; i < models; ++i) {
            const QString model = u"model-%1"_s.arg(i);
            const Figures figures = monitor.tally(Window::Start, { u"provider"_s, model, {} }).figures(table[row]);
            const double exact = kept.p99(model, row);
            largest = std::max(largest, std::abs(figures.p99.value - exact) / exact * 100);
        }
    }
    return largest;
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const int calls = QCoreApplication::arguments().value(1, u"100000"_s).toInt();
    SteppedClock clock;
    Monitor monitor(clock);
    QJsonObject ours = fed(calls, clock, [&](const RunRecord &record) { monitor.add(record); });
    ours.insert(u"report_ms"_s, millisecondsOf([&] { reportRows(monitor, Window::Start); }));
    Kept kept;
    QJsonObject plain = fed(calls, clock, [&](const RunRecord &record) { kept.add(record); });
    plain.insert(u"report_ms"_s, millisecondsOf([&] {
                     if (!(kept.report() > 0))
                         qFatal("nothing was kept");
                 }));
    const QJsonObject all { { u"calls"_s, calls },
                            { u"models"_s, models },
                            { u"ours"_s, ours },
                            { u"plain"_s, plain },
                            { u"p99_error_percent"_s, largestError(monitor, kept) } };
    std::puts(QJsonDocument(all).toJson().constData());
    return 0;
}
