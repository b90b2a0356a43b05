#pragma once

#include "storefixtures.h"

#include <QTemporaryDir>
#include <QTest>

#include <memory>

namespace talkbench::store {

/// A store in a folder of its own for each test.
class StoreTest : public QObject {
protected:
    void begin()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        m_store = std::make_unique<Store>(m_folder->path());
    }

    void end()
    {
        m_store.reset();
        m_folder.reset();
    }

    void restart()
    {
        m_store.reset();
        m_store = std::make_unique<Store>(m_folder->path());
        QVERIFY(wait(m_store->open()));
    }

    QString path() const { return Store::databasePath(m_folder->path()); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Store> m_store;
};

} // namespace talkbench::store
