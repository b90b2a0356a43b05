#include "core/config/secrets.h"
#include "core/config/settings.h"

#include <QDirIterator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace talkbench;
using namespace talkbench::config;
using namespace Qt::StringLiterals;

namespace {

using Outcome = SecretBackend::Outcome;

/// A keychain that the test plays: what it keeps, whether it works, and when it answers.
class FakeKeychain final : public SecretBackend {
public:
    struct State {
        QHash<QString, QString> kept = {};
        bool works = true;
        bool stuck = false;
        int reads = 0;
        QList<std::function<void()>> waiting = {};
    };

    explicit FakeKeychain(State *state) : m_state(state) { }

    void read(const QString &id, const Done &done) override
    {
        ++m_state->reads;
        answer([state = m_state, id, done] {
            if (!state->works)
                return done({ .outcome = Outcome::Failed, .secret = {}, .why = u"no D-Bus"_s });
            const bool found = state->kept.contains(id);
            done({ .outcome = found ? Outcome::Ok : Outcome::NotFound, .secret = state->kept.value(id), .why = {} });
        });
    }

    void write(const QString &id, const QString &secret, const Done &done) override
    {
        answer([state = m_state, id, secret, done] {
            if (state->works)
                state->kept.insert(id, secret);
            done({ .outcome = state->works ? Outcome::Ok : Outcome::Failed, .secret = {}, .why = u"no D-Bus"_s });
        });
    }

    void remove(const QString &id, const Done &done) override
    {
        answer([state = m_state, id, done] {
            const bool had = state->kept.remove(id) > 0;
            done({ .outcome = !state->works ? Outcome::Failed
                       : had                ? Outcome::Ok
                                            : Outcome::NotFound,
                   .secret = {},
                   .why = {} });
        });
    }

private:
    void answer(const std::function<void()> &call)
    {
        if (m_state->stuck)
            m_state->waiting.append(call);
        else
            call();
    }

    State *m_state;
};

std::unique_ptr<Secrets> secretsOn(FakeKeychain::State *state, std::chrono::milliseconds limit = std::chrono::hours(1))
{
    return std::make_unique<Secrets>(std::make_unique<FakeKeychain>(state), limit);
}

} // namespace

class TestSecrets final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aKeySurvivesARestart()
    {
        FakeKeychain::State keychain;
        QVERIFY(secretsOn(&keychain)->write(u"mine"_s, u"kéy 🔑"_s).result());
        const auto secrets = secretsOn(&keychain);
        QCOMPARE(secrets->read(u"mine"_s).result(), u"kéy 🔑"_s);
        QCOMPARE(secrets->read(u"other"_s).result(), QString());
        QVERIFY(secrets->remove(u"mine"_s).result());
        QCOMPARE(secrets->read(u"mine"_s).result(), QString());
        QVERIFY(secrets->remove(u"mine"_s).result()); // nothing to remove is fine
        QVERIFY(secrets->persistent());
    }

    void withoutAKeychainKeysLiveInMemory()
    {
        FakeKeychain::State keychain { .works = false };
        const auto secrets = secretsOn(&keychain);
        QSignalSpy changed(secrets.get(), &Secrets::persistentChanged);
        const auto written = secrets->write(u"mine"_s, u"secret-1"_s).result();
        QVERIFY(!written);
        QVERIFY(!written.error().message.contains(u"secret-1"_s));
        QVERIFY(!secrets->persistent());
        QCOMPARE(changed.size(), 1);
        QCOMPARE(secrets->read(u"mine"_s).result(), u"secret-1"_s);
        QCOMPARE(secrets->read(u"other"_s).result(), QString());
        QVERIFY(!secrets->remove(u"mine"_s).result()); // it may still be in a keychain, and that is said
        QCOMPARE(secrets->read(u"mine"_s).result(), QString());
        QCOMPARE(keychain.reads, 0);
    }

    void aFailedReadMeansNoKeychain()
    {
        FakeKeychain::State keychain { .works = false };
        const auto secrets = secretsOn(&keychain);
        QCOMPARE(secrets->read(u"mine"_s).result(), QString());
        QVERIFY(!secrets->persistent());
        secrets->read(u"mine"_s);
        QCOMPARE(keychain.reads, 1); // not asked again at each call
        keychain.works = true;
        QVERIFY(secrets->write(u"mine"_s, u"k"_s).result());
        QVERIFY(secrets->persistent());
    }

    void aStuckKeychainIsNotWaitedFor()
    {
        FakeKeychain::State keychain { .stuck = true };
        const auto secrets = secretsOn(&keychain, std::chrono::milliseconds(1));
        auto writing = secrets->write(u"mine"_s, u"k"_s);
        QCOMPARE(secrets->read(u"mine"_s).result(), u"k"_s); // usable at once
        auto reading = secrets->read(u"other"_s);
        QTRY_VERIFY(writing.isFinished() && reading.isFinished());
        QVERIFY(!writing.result());
        QCOMPARE(reading.result(), QString());
        QVERIFY(!secrets->persistent());

        keychain.kept.insert(u"other"_s, u"late"_s); // the user unlocks it
        for (const auto &call : std::exchange(keychain.waiting, {}))
            call();
        QVERIFY(secrets->persistent());
        QCOMPARE(keychain.kept.value(u"mine"_s), u"k"_s);
        keychain.stuck = false;
        QCOMPARE(secrets->read(u"other"_s).result(), u"late"_s);
    }

    void aReadDoesNotBringAnOldValueBack()
    {
        FakeKeychain::State keychain { .kept = { { u"mine"_s, u"old"_s } }, .stuck = true };
        const auto secrets = secretsOn(&keychain);
        auto reading = secrets->read(u"mine"_s);
        secrets->write(u"mine"_s, u"new"_s);
        for (const auto &call : std::exchange(keychain.waiting, {}))
            call();
        QCOMPARE(reading.result(), u"new"_s);
        QCOMPARE(secrets->read(u"mine"_s).result(), u"new"_s);

        auto again = secretsOn(&keychain);
        auto second = again->read(u"mine"_s);
        again->remove(u"mine"_s);
        for (const auto &call : std::exchange(keychain.waiting, {}))
            call();
        QCOMPARE(second.result(), QString());
        keychain.stuck = false;
        QCOMPARE(again->read(u"mine"_s).result(), QString());
    }

    void answersAfterTheEndAreHarmless()
    {
        FakeKeychain::State keychain { .stuck = true };
        auto secrets = secretsOn(&keychain, std::chrono::milliseconds(1));
        auto writing = secrets->write(u"mine"_s, u"k"_s);
        secrets.reset();
        for (const auto &call : std::exchange(keychain.waiting, {}))
            call();
        QCOMPARE(keychain.kept.value(u"mine"_s), u"k"_s);
        QTRY_VERIFY(writing.isCanceled());
    }

    void theSystemKeychainFailsFastWithoutABus()
    {
        qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/talkbench");
        Secrets secrets;
        auto reading = secrets.read(u"tst_secrets"_s);
        QTRY_VERIFY(reading.isFinished());
        QCOMPARE(reading.result(), QString());
        QVERIFY(!secrets.persistent());
    }

    void aKeyIsInNoFile()
    {
        const QString canary = u"canary-7f3a9c"_s;
        const QTemporaryDir folder;
        FakeKeychain::State keychain { .works = false };
        const auto secrets = secretsOn(&keychain);
        secrets->write(u"mine"_s, canary);
        Settings settings(folder.path());
        ProviderConfig provider { .id = u"mine"_s,
                                  .name = u"Mine"_s,
                                  .protocol = u"openai-chat"_s,
                                  .baseUrl = QUrl(u"https://api.example.com/v1"_s),
                                  .headers = { { "X-Api-Key", canary.toUtf8() } },
                                  .defaultModel = {} };
        QVERIFY(!settings.setProviders({ provider }));
        provider.headers.clear();
        provider.baseUrl.setUserInfo(u"me:"_s + canary);
        QVERIFY(!settings.setProviders({ provider }));
        provider.baseUrl.setUserInfo({});
        QVERIFY(settings.setProviders({ provider }));
        QVERIFY(settings.flush());
        QCOMPARE(endpointFor(*settings.provider(u"mine"_s), secrets->read(u"mine"_s).result()).apiKey, canary);

        int files = 0;
        for (QDirIterator it(folder.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); it.hasNext();
             ++files) {
            QFile file(it.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            QVERIFY2(!file.readAll().contains(canary.toUtf8()), qPrintable(file.fileName()));
        }
        QVERIFY(files > 0);
    }
};

QTEST_GUILESS_MAIN(TestSecrets)
#include "tst_secrets.moc"
