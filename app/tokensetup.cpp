#include "app/tokensetup.h"

#include <QFile>
#include <QJsonDocument>
#include <QSaveFile>

using namespace Qt::StringLiterals;

namespace talkbench::app {

namespace {

constexpr int saveMs = 5'000;
constexpr qint64 largestFile = 16 << 20;

QString learnedPath(const QString &dataDir)
{
    return dataDir + u"/tokens.json"_s;
}

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.read(largestFile) : QByteArray();
}

std::shared_ptr<const cost::TokenCounter> load(const QString &dataDir)
{
    const auto tokenizers = std::make_shared<cost::Tokenizers>();
    auto counter = shippedTokenCounter(tokenizers);
    if (!counter)
        return nullptr; // tests hold that the shipped table can be read
    counter->setLearned(learnedCounts(dataDir));
    const QStringList names = cost::encodingNames();
    for (const QString &name : names)
        tokenizers->get(*cost::encodingFromName(name));
    return std::make_shared<const cost::TokenCounter>(*counter);
}

} // namespace

base::Result<cost::TokenCounter> shippedTokenCounter(const std::shared_ptr<const cost::Tokenizers> &tokenizers)
{
    return cost::TokenCounter::fromJson(contents(u":/tokenizers/models.json"_s), tokenizers);
}

cost::LearnedCounts learnedCounts(const QString &dataDir)
{
    return cost::LearnedCounts::fromJson(QJsonDocument::fromJson(contents(learnedPath(dataDir))).object());
}

TokenKeeper::TokenKeeper(const QString &dataDir, run::RunService &runs, QObject *parent)
    : QObject(parent), m_dataDir(dataDir), m_runs(runs)
{
    m_pool.setMaxThreadCount(1);
    m_saving.setSingleShot(true);
    m_saving.setInterval(saveMs);
    connect(&m_saving, &QTimer::timeout, this, &TokenKeeper::save);
    connect(&runs, &run::RunService::recorded, this, &TokenKeeper::learn);
}

TokenKeeper::~TokenKeeper()
{
    if (m_saving.isActive())
        save();
    m_pool.waitForDone();
}

void TokenKeeper::load()
{
    m_pool.start([this, dataDir = m_dataDir] {
        const auto counter = app::load(dataDir);
        QMetaObject::invokeMethod(
            this, [this, counter] { take(counter); }, Qt::QueuedConnection);
    });
}

void TokenKeeper::take(const std::shared_ptr<const cost::TokenCounter> &counter)
{
    m_counter = counter;
    m_runs.setTokenCounter(counter);
    Q_EMIT loaded();
}

void TokenKeeper::learn(const profile::RunRecord &record)
{
    if (!m_counter || record.cached || record.promptCounted <= 0 || !record.ok() || !record.answer.usage)
        return;
    auto counter = std::make_shared<cost::TokenCounter>(*m_counter);
    counter->learn(record.providerId, record.model, record.promptCounted, record.answer.usage->inputTotal());
    m_counter = counter;
    m_runs.setTokenCounter(m_counter);
    if (!m_saving.isActive())
        m_saving.start();
}

void TokenKeeper::save()
{
    m_pool.start([path = learnedPath(m_dataDir), json = m_counter->learned().toJson()] {
        QSaveFile file(path);
        if (file.open(QIODevice::WriteOnly) && file.write(QJsonDocument(json).toJson()) > 0)
            file.commit(); // what is lost is learned again
    });
}

} // namespace talkbench::app
