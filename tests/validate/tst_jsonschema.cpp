#include "tests/validate/tst_jsonschema.h"

#include "core/validate/jsonschema.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>
#include <QThread>

#include <memory>

using namespace talkbench;
using namespace Qt::StringLiterals;

namespace {

QJsonObject schema(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

QJsonValue value(const QByteArray &text)
{
    return QJsonDocument::fromJson('[' + text + ']').array().first();
}

QByteArray nested(int depth, const QByteArray &open, const QByteArray &middle, const QByteArray &close)
{
    return open.repeated(depth) + middle + close.repeated(depth);
}

} // namespace

void TestJsonSchema::fits_data()
{
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<QByteArray>("good");
    QTest::addColumn<QByteArray>("bad");
    const auto row = [](const char *name, const char *given, const char *good, const char *bad) {
        QTest::newRow(name) << QByteArray(given) << QByteArray(good) << QByteArray(bad);
    };
    row("type", R"({"type":"integer"})", "3", "3.5");
    row("types", R"({"type":["string","null"]})", "null", "1");
    row("required", R"({"required":["a"]})", R"({"a":1})", R"({"b":1})");
    row("properties", R"({"properties":{"a":{"type":"string"}},"additionalProperties":false})", R"({"a":"x"})",
        R"({"a":"x","b":1})");
    row("nested", R"({"properties":{"a":{"properties":{"b":{"minimum":3}}}}})", R"({"a":{"b":3}})", R"({"a":{"b":2}})");
    row("items", R"({"items":{"type":"number"},"minItems":1})", "[1,2]", R"([1,"x"])");
    row("tuple", R"({"items":[{"type":"number"}],"additionalItems":{"type":"string"}})", R"([1,"x"])", "[1,2]");
    row("contains", R"({"contains":{"const":7}})", "[1,7]", "[1,2]");
    row("unique", R"({"uniqueItems":true})", "[1,2]", "[1,1]");
    row("enum", R"({"enum":["a",1,null,{"k":[1]}]})", R"({"k":[1]})", R"("b")");
    row("bounds", R"({"exclusiveMinimum":1,"maximum":2})", "2", "1");
    row("draft 4 bounds",
        R"({"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true})", "2", "1");
    row("draft 6", R"({"$schema":"http://json-schema.org/draft-06/schema#","const":1})", "1", "2");
    row("multiple", R"({"multipleOf":3})", "9", "10");
    row("pattern", R"({"pattern":"^\\d{3}$"})", R"("123")", R"("12a")");
    row("pattern in unicode", R"({"pattern":"^\\w+$"})", R"("größe")", R"("a b")");
    row("length in characters", R"({"maxLength":2})", R"("😀😀")", R"("abc")");
    row("date", R"({"format":"date"})", R"("2026-02-28")", R"("28.2.2026")");
    row("date-time", R"({"format":"date-time"})", R"("2026-02-28T10:00:00Z")", R"("2026-02-28")");
    row("email", R"({"format":"email"})", R"("a@b.c")", R"("a.b")");
    row("ipv4", R"({"format":"ipv4"})", R"("127.0.0.1")", R"("127.0.0.256")");
    row("all", R"({"allOf":[{"minimum":1},{"maximum":3}]})", "2", "4");
    row("any", R"({"anyOf":[{"type":"string"},{"maximum":3}]})", "2", "4");
    row("one", R"({"oneOf":[{"minimum":1},{"maximum":3}]})", "4", "2");
    row("not", R"({"not":{"type":"string"}})", "1", R"("x")");
    row("if", R"({"if":{"type":"number"},"then":{"minimum":1},"else":{"type":"string"}})", "1", "0");
    row("dependencies", R"({"dependencies":{"a":["b"]}})", R"({"a":1,"b":1})", R"({"a":1})");
    row("names", R"({"propertyNames":{"maxLength":1}})", R"({"a":1})", R"({"ab":1})");
    row("definitions", R"({"definitions":{"n":{"type":"number"}},"items":{"$ref":"#/definitions/n"}})", "[1]",
        R"(["x"])");
    row("$defs at the root", R"({"$defs":{"n":{"type":"number"}},"$ref":"#/$defs/n"})", "1", R"("x")");
    row("a tree",
        R"({"type":"object","properties":{"next":{"$ref":"#"}},"required":["name"],"additionalProperties":true})",
        R"({"name":1,"next":{"name":2}})", R"({"name":1,"next":{"next":{}}})");
    row("never", R"({"properties":{"a":false}})", "{}", R"({"a":1})");
    row("annotations", R"({"$id":"x","title":"t","description":"d","default":1,"examples":[1],"type":"null"})", "null",
        "1");
}

void TestJsonSchema::fits()
{
    QFETCH(QByteArray, given);
    QFETCH(QByteArray, good);
    QFETCH(QByteArray, bad);
    QVERIFY(!schema(given).isEmpty());
    const auto usable = validate::checkSchema(schema(given));
    QVERIFY2(usable, usable ? "" : qPrintable(usable.error().message));
    const auto none = validate::violations(schema(given), value(good));
    QVERIFY2(none, none ? "" : qPrintable(none.error().message));
    QVERIFY2(none->isEmpty(), qPrintable(none->join(u' ')));
    const auto some = validate::violations(schema(given), value(bad));
    QVERIFY2(some, some ? "" : qPrintable(some.error().message));
    QVERIFY(!some->isEmpty());
    QVERIFY(some->size() <= 3);
}

void TestJsonSchema::saysWhere()
{
    const auto found =
        validate::violations(schema(R"({"properties":{"people":{"items":{"properties":{"age":{"type":"integer"}}}}}})"),
                             value(R"({"people":[{"age":1},{"age":"old"}]})"));
    QVERIFY(found);
    QVERIFY2(found->constFirst().startsWith(u"at people/1/age: "_s), qPrintable(found->join(u'\n')));
}

void TestJsonSchema::refuses_data()
{
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, const QByteArray &given, const QString &words) {
        QTest::newRow(name) << given << words;
    };
    row("draft 2020-12", R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})", u"2020-12"_s);
    row("unknown keyword", R"({"properties":{"a":{"nullable":true}}})",
        u"the keyword 'nullable' of #/properties/a can't be checked"_s);
    row("later keyword", R"({"unevaluatedProperties":false})", u"unevaluatedProperties"_s);
    row("patternProperties", R"({"patternProperties":{"^a":{}}})", u"patternProperties"_s);
    row("unknown format", R"({"format":"hostname"})", u"hostname"_s);
    row("bad pattern", R"({"pattern":"(("})", u"#/pattern"_s);
    row("remote", R"({"$ref":"http://example.org/s.json"})", u"nothing is fetched"_s);
    row("remote file", R"({"$ref":"file:///etc/passwd"})", u"nothing is fetched"_s);
    row("nowhere", R"({"$ref":"#/definitions/none"})", u"there is no schema at"_s);
    row("no schema there", R"({"enum":[{"type":"string"}],"items":{"$ref":"#/enum/0"}})", u"there is no schema"_s);
    row("itself", R"({"$ref":"#"})", u"circle"_s);
    row("round about", R"({"definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"}]},
        "b":{"anyOf":[{"$ref":"#/definitions/a"}]}},"$ref":"#/definitions/a"})",
        u"circle"_s);
    row("sibling of a reference", R"({"definitions":{"a":{}},"items":{"$ref":"#/definitions/a","minimum":1}})",
        u"no effect beside"_s);
    row("names that confuse", R"({"definitions":{"a":{}},"properties":{"x/allOf/0":{"$ref":"#/definitions/a"}}})",
        u"'/'"_s);
    row("inner id", R"({"items":{"$id":"other"}})", u"$id"_s);
    row("no schema", R"({"items":3})", u"#/items is no schema"_s);
    row("no list", R"({"allOf":{}})", u"#/allOf is no list"_s);
    row("wrong value", R"({"minLength":"three"})", {});
    row("unknown type", R"({"type":"text"})", {});
    row("deep", nested(200, R"({"not":)", "{}", "}"), u"deep"_s);
    row("large", R"({"title":")" + QByteArray(300 << 10, 'x') + R"("})", u"KiB"_s);
    row("own keyword", R"({"talkbench:budget":1})", u"talkbench:budget"_s);
}

void TestJsonSchema::refuses()
{
    QFETCH(QByteArray, given);
    QFETCH(QString, words);
    QVERIFY(!schema(given).isEmpty());
    const auto usable = validate::checkSchema(schema(given));
    QVERIFY(!usable);
    QVERIFY2(usable.error().message.contains(words), qPrintable(usable.error().message));
    QVERIFY(!validate::violations(schema(given), value("{}")));
}

/// 2^100 ways to look at the innermost value.
void TestJsonSchema::endsInTime()
{
    const QJsonObject doubling = schema(R"({"allOf":[{"properties":{"a":{"$ref":"#"}}},
                                                     {"properties":{"a":{"$ref":"#"}}}]})");
    QVERIFY(validate::checkSchema(doubling));
    QElapsedTimer timer;
    timer.start();
    const auto found = validate::violations(doubling, value(nested(90, R"({"a":)", "1", "}")));
    QVERIFY(!found);
    QVERIFY2(found.error().message.contains(u"too long"_s), qPrintable(found.error().message));
    QVERIFY2(timer.elapsed() < 5'000, qPrintable(QString::number(timer.elapsed())));
}

void TestJsonSchema::slowPatternEnds()
{
    const auto found =
        validate::violations(schema(R"({"pattern":"^(a+)+$"})"), value('"' + QByteArray(5'000, 'a') + "b\""));
    QVERIFY(!found);
    QVERIFY(found.error().message.contains(u"too long"_s));
    // std::regex would leave its stack here.
    QVERIFY(validate::violations(schema(R"({"pattern":"^(a|b)*$"})"), value('"' + QByteArray(20'000, 'a') + '"')));
}

void TestJsonSchema::manyDoublesAreNotLookedFor()
{
    QJsonArray many;
    for (int i = 0; i < 2'000; ++i)
        many.append(i);
    const auto found = validate::violations(schema(R"({"uniqueItems":true})"), many);
    QVERIFY(!found);
    QVERIFY(validate::violations(schema(R"({"items":{"type":"integer"}})"), many)->isEmpty());
}

void TestJsonSchema::deepAnswersAreRefused()
{
    const QJsonObject tree = schema(R"({"items":{"$ref":"#"}})");
    QVERIFY(validate::violations(tree, value(nested(90, "[", "", "]"))));
    QVERIFY(!validate::violations(tree, value(nested(500, "[", "", "]"))));
}

/// The deepest that is let through, in a thread with half the usual stack.
void TestJsonSchema::theStackIsEnough()
{
    QByteArray definitions;
    for (int i = 0; i < 9; ++i)
        definitions += R"("d)" + QByteArray::number(i) + R"(":{"anyOf":[{"$ref":"#/definitions/d)"
            + QByteArray::number(i + 1) + R"("}]},)";
    const QJsonObject chained = schema(R"({"definitions":{)" + definitions
                                       + R"("d9":{"items":{"$ref":"#/definitions/d0"}}},"$ref":"#/definitions/d0"})");
    const std::unique_ptr<QThread> thread(QThread::create([&chained] {
        for (int depth = 2; depth < 99; depth += 4)
            (void)validate::violations(chained, value(nested(depth, "[", "", "]")));
    }));
    thread->setStackSize(4 << 20);
    thread->start();
    QVERIFY(thread->wait(60'000));
    QVERIFY(validate::violations(chained, value(nested(30, "[", "", "]"))));
    QVERIFY(!validate::violations(chained, value(nested(99, "[", "", "]"))));
}

QTEST_GUILESS_MAIN(TestJsonSchema)
