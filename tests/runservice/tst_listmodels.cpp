#include "core/profile/metrictable.h"
#include "core/run/attempt.h"
#include "core/run/record.h"
#include "tests/runservice/fakeservice.h"
#include "tests/support/tokencounter.h"

using namespace talkbench;
using namespace talkbench::run;
using namespace talkbench::test;
using namespace Qt::StringLiterals;
using base::ErrorKind;

class TestListModels : public test::FakeServiceTest {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeService(); }
    void cleanup() { m_service.reset(); }

    void listsModels()
    {
        const auto future = m_service->listModels(request().endpoint);
        settle();
        QCOMPARE(started(), 1);
        answerHead(0);
        answerBytes(0, R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})");
        answerEnd(0);
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.result());
        QCOMPARE(future.result()->size(), 2);
    }

    void listsOfModelsGoOnPageAfterPage()
    {
        auto future = m_service->listModels(request().endpoint);
        settle();
        answerHead(0);
        answerBytes(0, R"({"data":[{"id":"a"}],"has_more":true,"last_id":"a&b"})");
        answerEnd(0);
        settle();
        inNetwork([](FakeTransport &transport) {
            QCOMPARE(transport.live.at(1)->request.url.query(QUrl::FullyEncoded), u"after_id=a%26b"_s);
        });
        answerHead(1);
        answerBytes(1, R"({"models":[{"name":"models/c"}],"nextPageToken":"next"})");
        answerEnd(1);
        settle();
        answerError(2, 500, "{}"); // what came stays
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.result());
        QCOMPARE(future.result()->size(), 2);
    }

    void listModelsErrors()
    {
        auto future = m_service->listModels(request().endpoint);
        settle();
        answerError(0, 401, R"({"error":{"message":"bad key"}})");
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(future.result().error().kind, ErrorKind::Auth);
        future = m_service->listModels(request().endpoint);
        settle();
        RunRequest placeholder = request(u"p"_s, u"YOUR-RESOURCE.openai.azure.com"_s);
        const auto unsent = m_service->listModels(placeholder.endpoint);
        QTRY_VERIFY(unsent.isFinished());
        QCOMPARE(unsent.result().error().kind, ErrorKind::Config);
        m_service.reset();
        QVERIFY(future.isFinished());
        QCOMPARE(future.result().error().kind, ErrorKind::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestListModels)
#include "tst_listmodels.moc"
