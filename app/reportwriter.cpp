#include "app/reportwriter.h"

#include "core/base/logging.h"
#include "core/config/settings.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>

#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

/// In the disk's thread. A file that can't be written is said once in the log and is no reason to bother anybody.
void append(const QString &path, const QByteArray &text)
{
    if (QFileInfo(path).size() >= ReportWriter::largestBytes) {
        QFile::remove(path + u".1"_s);
        QFile::rename(path, path + u".1"_s);
    }
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Append) || file.write(text) != text.size() || !file.flush())
        qCWarning(base::logMonitor, "the report can't be written: %s", qUtf8Printable(file.errorString()));
}

} // namespace

ReportWriter::ReportWriter(const config::Settings &settings, const QString &dir, Source source, QObject *parent)
    : QObject(parent), m_settings(settings), m_path(dir + u"/report.log"_s), m_source(std::move(source))
{
    m_disk.setMaxThreadCount(1);
    connect(&m_timer, &QTimer::timeout, this, &ReportWriter::write);
    connect(&settings, &config::Settings::changed, this, [this](const QString &key) {
        if (key == u"monitor/report_s"_s)
            schedule();
    });
    schedule();
}

ReportWriter::~ReportWriter()
{
    if (m_timer.isActive())
        write();
    wait();
}

void ReportWriter::schedule()
{
    const int seconds = m_settings.value("monitor/report_s").toInt();
    if (seconds > 0)
        m_timer.start(seconds * 1000);
    else
        m_timer.stop();
}

void ReportWriter::write()
{
    const profile::Report report = m_source();
    const quint64 calls = report.rows.isEmpty() ? 0 : report.rows.first().tally.counts().calls;
    if (calls == m_calls)
        return;
    m_calls = calls;
    // Names come from the user's settings and servers: a key among them must not get here.
    const QString text = base::redact(toText(report));
    qCInfo(base::logMonitor, "%s", qUtf8Printable(text));
    const QString stamped = QDateTime::currentDateTimeUtc().toString(Qt::ISODate) + u"  "_s + text + u'\n';
    m_disk.start([path = m_path, bytes = stamped.toUtf8()] { append(path, bytes); });
}

void ReportWriter::wait()
{
    m_disk.waitForDone();
}

} // namespace talkbench::app
