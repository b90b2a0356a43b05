#include "core/config/settingsfile.h"

#include <QJsonDocument>
#include <QPromise>
#include <QSaveFile>

#include <memory>
#include <utility>

using namespace Qt::StringLiterals;

namespace talkbench::config {

namespace {

base::Result<void> store(const QString &path, const QJsonObject &root)
{
    QSaveFile file(path);
    const QByteArray json = QJsonDocument(root).toJson();
    if (file.open(QIODevice::WriteOnly) && file.write(json) == json.size() && file.commit())
        return {};
    return base::Error { .kind = base::ErrorKind::Storage,
                         .message = u"The setting holds until Talkbench ends: it could not be saved in %1."_s.arg(path),
                         .detail = file.errorString(),
                         .httpStatus = 0,
                         .retryAfterMs = {} };
}

} // namespace

SettingsFile::SettingsFile(const QString &path, int momentMs) : m_path(path)
{
    m_disk.setMaxThreadCount(1);
    m_moment.setSingleShot(true);
    m_moment.setInterval(momentMs);
    QObject::connect(&m_moment, &QTimer::timeout, &m_moment, [this] { begin(); });
}

SettingsFile::~SettingsFile()
{
    flush();
}

void SettingsFile::write(const QJsonObject &root)
{
    m_root = root;
    m_changed = true;
    if (!m_moment.isActive())
        m_moment.start();
}

void SettingsFile::begin()
{
    if (!m_writing.isFinished()) { // a slow disk gets what has changed meanwhile in one
        m_moment.start();
        return;
    }
    m_changed = false;
    const auto promise = std::make_shared<QPromise<base::Result<void>>>();
    m_writing = promise->future();
    promise->start();
    m_disk.start([promise, path = m_path, root = m_root] {
        promise->addResult(store(path, root));
        promise->finish();
    });
}

base::Result<void> SettingsFile::flush()
{
    m_moment.stop();
    m_writing.waitForFinished();
    const bool failed = m_writing.resultCount() > 0 && !m_writing.result();
    m_writing = {};
    if (!m_changed && !failed)
        return {};
    const auto stored = store(m_path, m_root);
    m_changed = !stored;
    return stored;
}

} // namespace talkbench::config
