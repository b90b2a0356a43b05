#pragma once

#include "core/base/result.h"

#include <QFuture>
#include <QJsonObject>
#include <QThreadPool>
#include <QTimer>

namespace talkbench::config {

/// Keeps a JSON file as it was given last. A thread of its own writes it, and what changes within a moment at once; until
/// then, and where that fails, the file stays as it was.
class SettingsFile final {
public:
    /// `momentMs`: how long the first of several changes waits for the others, which is what a crash can lose.
    SettingsFile(const QString &path, int momentMs);
    ~SettingsFile(); ///< flushes

    SettingsFile(const SettingsFile &) = delete;
    SettingsFile &operator=(const SettingsFile &) = delete;

    const QString &path() const { return m_path; }
    void write(const QJsonObject &root);
    /// Waits until it is written. Kind Storage: it could not be; the next change, or the next call of this, tries again.
    base::Result<void> flush();

private:
    void begin();

    const QString m_path;
    QJsonObject m_root;
    bool m_changed = false; ///< since the last write began, or not written by it
    QTimer m_moment;
    QThreadPool m_disk; ///< one thread
    QFuture<base::Result<void>> m_writing; ///< the last one
};

} // namespace talkbench::config
