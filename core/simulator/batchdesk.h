#pragma once

#include "core/base/clock.h"
#include "core/simulator/knobs.h"
#include "core/simulator/wire.h"

#include <QJsonObject>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <vector>

namespace talkbench::simulator {

struct Wires;

/// The batch APIs of OpenAI (with its files) and of Anthropic, in memory, at the pace of the knobs that a batch was made with. Its requests
/// are answered as single ones are; each counts once among the simulator's. Used from every connection's thread.
class BatchDesk {
public:
    /// `requests`: how many the simulator has been asked, and `wires` its protocols' words.
    BatchDesk(const Wires &wires, std::atomic<quint64> &requests) : m_wires(wires), m_requests(requests) { }

    Told takeFile(const Asked &asked, const Knobs &knobs);
    Told fileContent(const Asked &asked, const Knobs &knobs);
    Told deleteFile(const Asked &asked, const Knobs &knobs);
    Told createOpenAi(const Asked &asked, const Knobs &knobs);
    Told createAnthropic(const Asked &asked, const Knobs &knobs);
    Told listOpenAi(const Asked &asked, const Knobs &knobs);
    Told listAnthropic(const Asked &asked, const Knobs &knobs);
    Told state(const Asked &asked, const Knobs &knobs);
    Told cancel(const Asked &asked, const Knobs &knobs);
    Told results(const Asked &asked, const Knobs &knobs);

private:
    struct Request {
        QString customId;
        QByteArray body;
        quint64 number = 0;
        bool fails = false; ///< it will be answered with an error
    };
    struct Batch {
        QByteArray id;
        const Wire *wire = nullptr;
        bool anthropic = false;
        Knobs knobs;
        qint64 createdNs = 0;
        qint64 createdMs = 0;
        qint64 cancelledNs = 0; ///< 0: it was not
        QString endpoint;
        QString inputFile;
        QJsonObject metadata;
        QString problem; ///< why OpenAI's whole batch failed
        int problemLine = 0;
        std::vector<Request> requests;
    };
    enum class Outcome { Answered, Errored, Expired, Cancelled };
    /// How far a batch is, at one moment: the clock is read once, so that nothing told of it contradicts the rest.
    struct Standing {
        int answered = 0; ///< requests, in their order
        bool ended = false;
        QString status;
    };
    struct Answered {
        int status = 200;
        QByteArray body;
    };

    Told made(Batch batch);
    Told list(const Asked &asked, bool anthropic);
    Batch *find(const QByteArray &id);
    void readLines(Batch &batch, const QByteArray &lines) const;
    static QString status(const Batch &batch, double share, bool ended);
    Standing standing(const Batch &batch) const;
    bool ended(const Batch &batch) const { return standing(batch).ended; }
    QJsonObject describe(const Batch &batch) const;
    QJsonObject describeOpenAi(const Batch &batch) const;
    QJsonObject describeAnthropic(const Batch &batch) const;
    Outcome outcome(const Batch &batch, std::size_t index, int answered, Answered *answer) const;
    Answered answerTo(const Batch &batch, const Request &request) const;
    QByteArray openAiLines(const Batch &batch, bool errors) const;
    QByteArray anthropicLines(const Batch &batch) const;

    const Wires &m_wires;
    std::atomic<quint64> &m_requests;
    const base::SystemClock m_clock;
    mutable std::mutex m_mutex;
    std::map<QByteArray, QByteArray> m_files;
    int m_filesTaken = 0;
    std::vector<Batch> m_batches; ///< oldest first
    int m_lost = 0; ///< batches whose making was not answered
};

} // namespace talkbench::simulator
