#include "core/bench/batchjournal.h"

#include "core/base/processlock.h"
#include "core/llm/usage.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace talkbench::bench {

using namespace Qt::StringLiterals;

namespace {

using State = Submission::State;

constexpr std::array stateNames {
    std::pair(State::Sending, "sending"_L1),
    std::pair(State::Sent, "sent"_L1),
    std::pair(State::Collected, "collected"_L1),
    std::pair(State::Void, "void"_L1),
};

/// Bytes of a line that is read: what is longer is no row, and need not be in memory to be refused.
constexpr qint64 longestLine = qint64(256) << 20;

base::Error storageError(const QString &message, const QString &detail = {})
{
    return { base::ErrorKind::Storage, message, detail, 0, std::nullopt };
}

/// Of the last call into the system.
QString systemReason()
{
    return QString::fromStdString(std::generic_category().message(errno));
}

/// Not by QFile, which knows no reason where the disk took a part. False: errno says why.
bool writeWhole(int file, const QByteArray &bytes)
{
    for (qsizetype at = 0; at < bytes.size();) {
        const auto written = ::write(file, bytes.constData() + at, static_cast<std::size_t>(bytes.size() - at));
        if (written >= 0)
            at += written;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

QByteArray lineOf(const QJsonObject &row)
{
    return QJsonDocument(row).toJson(QJsonDocument::Compact) + '\n';
}

QString nameOf(State state)
{
    return std::find_if(stateNames.begin(), stateNames.end(), [state](const auto &row) { return row.first == state; })
        ->second;
}

QJsonObject toJson(const Submission &submission)
{
    QJsonObject object { { u"submission"_s, submission.tag }, { u"state"_s, nameOf(submission.state) } };
    if (!submission.isOpen())
        return object; // all else is in the rows before
    QJsonObject prompts;
    for (auto prompt = submission.prompts.begin(); prompt != submission.prompts.end(); ++prompt)
        prompts.insert(prompt.key(), prompt.value());
    object.insert("server"_L1, submission.server);
    object.insert("model"_L1, submission.model);
    object.insert("file"_L1, submission.file);
    object.insert("remote"_L1, submission.remote);
    object.insert("sent_ms"_L1, submission.sentMs);
    if (submission.state == State::Sending)
        object.insert("prompts"_L1, prompts);
    return object;
}

/// The row brings `submission` up to date.
bool read(const QJsonObject &row, Submission &submission)
{
    const QString state = row["state"_L1].toString();
    const auto known =
        std::find_if(stateNames.begin(), stateNames.end(), [&state](const auto &name) { return state == name.second; });
    if (known == stateNames.end())
        return false;
    submission.tag = row["submission"_L1].toString();
    submission.state = known->first;
    if (!submission.isOpen())
        return true;
    submission.server = row["server"_L1].toString();
    submission.model = row["model"_L1].toString();
    submission.file = row["file"_L1].toString();
    submission.remote = row["remote"_L1].toString();
    submission.sentMs = row["sent_ms"_L1].toInteger();
    const QJsonObject prompts = row["prompts"_L1].toObject();
    for (auto prompt = prompts.begin(); prompt != prompts.end(); ++prompt)
        submission.prompts.insert(prompt.key(), prompt.value().toString());
    return true;
}

} // namespace

base::Result<void> BatchJournal::open(const QString &path)
{
    if (const auto kept = place(path); !kept)
        return kept;
    m_lock = std::make_unique<QLockFile>(path + u".lock"_s);
    if (!m_file.open(QIODevice::ReadWrite | QIODevice::Unbuffered))
        return storageError(u"%1 can't be written: %2."_s.arg(path, m_file.errorString()));
    if (!base::lockForProcess(*m_lock))
        return storageError(u"Another batch is writing %1."_s.arg(path));
    return readLines();
}

base::Result<void> BatchJournal::look(const QString &path)
{
    if (const auto kept = place(path); !kept)
        return kept;
    if (!m_file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        return storageError(u"%1 can't be read: %2."_s.arg(path, m_file.errorString()));
    return readLines();
}

base::Result<void> BatchJournal::place(const QString &path)
{
    m_path = path;
    m_file.setFileName(path);
    const QFileInfo info(path);
    if (info.exists() && !info.isFile()) // of a pipe there is no end
        return storageError(u"%1 is no file that results can be kept in."_s.arg(path));
    return {};
}

base::Result<void> BatchJournal::readLines()
{
    QFile reader(m_path); // buffered: the unbuffered one reads lines byte by byte
    if (!reader.open(QIODevice::ReadOnly))
        return storageError(u"%1 can't be read: %2."_s.arg(m_path, reader.errorString()));
    qint64 whole = 0;
    for (qint64 number = 1; !reader.atEnd(); ++number) {
        const QByteArray line = reader.readLine(longestLine);
        const bool isRow = line.trimmed().isEmpty() || take(line, whole);
        if (!isRow && !(reader.atEnd() && isHalfARow(line)))
            return storageError(
                u"%1 holds something else than the results of a batch, in line %2: choose another file."_s.arg(m_path)
                    .arg(number));
        whole += isRow ? line.size() : 0;
        if (!line.endsWith('\n'))
            m_brokenOff = { whole, isRow ? "\n" : "" };
    }
    return {};
}

/// What a process that was killed has left of its last row. Nothing that could be somebody else's.
bool BatchJournal::isHalfARow(const QByteArray &line) const
{
    const bool hasRows = !m_entries.isEmpty() || !m_submissions.isEmpty();
    return hasRows && !line.endsWith('\n') && (line == "{" || line.startsWith("{\""))
        && QJsonDocument::fromJson(line).isNull();
}

BatchJournal::Entry BatchJournal::entryOf(const QJsonObject &row, qint64 offset, qint64 size)
{
    const QJsonArray verdicts = row["validation"_L1].toArray();
    const bool invalid = std::any_of(verdicts.begin(), verdicts.end(), [](const QJsonValue &verdict) {
        return verdict["outcome"_L1].toString() == "failed"_L1;
    });
    const QJsonValue cost = row["cost_usd"_L1];
    const llm::Usage usage = llm::usageFromJson(row["usage"_L1].toObject());
    const bool isUsed = usage.inputTotal() + usage.outputTotal() > 0 || !row["text"_L1].toString().isEmpty();
    Entry entry { row["ok"_L1].toBool(), invalid, {}, offset, size };
    if (cost.isDouble())
        entry.costUsd = cost.toDouble();
    entry.unpriced = !cost.isDouble() && !row["cached"_L1].toBool() && isUsed;
    return entry;
}

/// False for a line that is no row.
bool BatchJournal::take(const QByteArray &line, qint64 offset)
{
    const QJsonObject row = QJsonDocument::fromJson(line).object();
    if (const QString tag = row["submission"_L1].toString(); !tag.isEmpty())
        return read(row, m_submissions[tag]);
    const QString key = row["key"_L1].toString();
    const bool isResult = !key.isEmpty() && row["ok"_L1].isBool();
    if (isResult)
        m_entries.insert(key, entryOf(row, offset, line.size()));
    return isResult;
}

/// What comes next begins a line of its own.
bool BatchJournal::endLastLine()
{
    if (!m_brokenOff)
        return true;
    const auto &[whole, missing] = *m_brokenOff;
    if (!m_file.resize(whole) || !m_file.seek(whole) || !writeWhole(m_file.handle(), missing))
        return false;
    m_brokenOff.reset();
    return true;
}

/// Gives the line's place.
base::Result<qint64> BatchJournal::write(const QByteArray &line)
{
    if (!endLastLine())
        return storageError(u"%1 can't be written: %2."_s.arg(m_path, systemReason()));
    const qint64 offset = m_file.size();
    if (!m_file.seek(offset) || !writeWhole(m_file.handle(), line)) {
        const QString why = systemReason();
        m_file.resize(offset); // a part of a line would hide the next
        return storageError(u"%1 can't be written: %2."_s.arg(m_path, why));
    }
    return offset;
}

base::Result<void> BatchJournal::append(const QJsonObject &row)
{
    const QByteArray line = lineOf(row);
    const auto offset = write(line);
    if (!offset)
        return offset.error();
    m_entries.insert(row["key"_L1].toString(), entryOf(row, *offset, line.size()));
    return {};
}

base::Result<void> BatchJournal::append(const Submission &submission)
{
    if (const auto written = write(lineOf(toJson(submission))); !written)
        return written.error();
    if (::fsync(m_file.handle()) != 0)
        return storageError(u"%1 can't be written: %2."_s.arg(m_path, systemReason()));
    m_submissions[submission.tag] = submission;
    return {};
}

QJsonObject BatchJournal::row(const Entry &entry) const
{
    if (!m_file.seek(entry.offset))
        return {};
    return QJsonDocument::fromJson(m_file.read(entry.size)).object();
}

bool BatchJournal::hasOpenSubmission() const
{
    return std::any_of(m_submissions.begin(), m_submissions.end(),
                       [](const Submission &submission) { return submission.isOpen(); });
}

} // namespace talkbench::bench
