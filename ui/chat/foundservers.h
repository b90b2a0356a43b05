#pragma once

#include "core/run/localservers.h"
#include "ui/appcontext.h"

#include <QObject>

namespace talkbench::ui {

/// The servers of this machine that answer and are no providers yet.
class FoundServers final : public QObject {
    Q_OBJECT

public:
    explicit FoundServers(AppContext &context, QObject *parent = nullptr);

    /// Asks them; changed() follows.
    void look();
    const QList<run::LocalServer> &servers() const { return m_servers; }
    /// Makes a provider of one; its id, or an empty one where it could not be added.
    QString add(qsizetype index);

Q_SIGNALS:
    void changed();

private:
    void take(QList<run::LocalServer> found);

    AppContext &m_context;
    QList<run::LocalServer> m_servers;
};

} // namespace talkbench::ui
