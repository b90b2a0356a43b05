#include "core/validate/schemareader.h"

#include "core/validate/boundedregex.h"

#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>
#include <QStringList>

#include <algorithm>
#include <array>

namespace talkbench::validate {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype largestSchema = 256 << 10; // bytes
constexpr int deepestSchema = 64;
constexpr int longestChain = 64;

enum class Shape {
    Annotation, ///< says nothing about the value
    Plain, ///< the library's, as it is
    Schema,
    List, ///< of schemas
    Map, ///< of schemas, by name
    Items, ///< a schema or a list of them
    Dependencies, ///< by name, a schema or a list of names
    Pattern,
    Format,
    Reference,
};

struct Keyword {
    const char *name;
    Shape shape;
    /// Its schemas look at the value itself, not at a part of it.
    bool inPlace = false;
};

constexpr Keyword keywords[] = {
    { "$schema", Shape::Annotation },
    { "$comment", Shape::Annotation },
    { "title", Shape::Annotation },
    { "description", Shape::Annotation },
    { "default", Shape::Annotation },
    { "examples", Shape::Annotation },
    { "readOnly", Shape::Annotation },
    { "writeOnly", Shape::Annotation },
    { "deprecated", Shape::Annotation },
    { "contentMediaType", Shape::Annotation },
    { "contentEncoding", Shape::Annotation },
    { "type", Shape::Plain },
    { "const", Shape::Plain },
    { "enum", Shape::Plain },
    { "multipleOf", Shape::Plain },
    { "maximum", Shape::Plain },
    { "exclusiveMaximum", Shape::Plain },
    { "minimum", Shape::Plain },
    { "exclusiveMinimum", Shape::Plain },
    { "maxLength", Shape::Plain },
    { "minLength", Shape::Plain },
    { "maxItems", Shape::Plain },
    { "minItems", Shape::Plain },
    { "uniqueItems", Shape::Plain },
    { "maxProperties", Shape::Plain },
    { "minProperties", Shape::Plain },
    { "required", Shape::Plain },
    { "pattern", Shape::Pattern },
    { "format", Shape::Format },
    { "properties", Shape::Map },
    { "definitions", Shape::Map },
    { "$defs", Shape::Map },
    { "additionalProperties", Shape::Schema },
    { "propertyNames", Shape::Schema },
    { "items", Shape::Items },
    { "additionalItems", Shape::Schema },
    { "contains", Shape::Schema },
    { "allOf", Shape::List, true },
    { "anyOf", Shape::List, true },
    { "oneOf", Shape::List, true },
    { "not", Shape::Schema, true },
    { "if", Shape::Schema, true },
    { "then", Shape::Schema, true },
    { "else", Shape::Schema, true },
    { "dependencies", Shape::Dependencies, true },
    { "$ref", Shape::Reference, true },
};

struct Format {
    const char *name;
    const char *pattern;
};

#define DATE R"((\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])))"
#define TIME R"((([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)))"
constexpr Format formats[] = {
    { "date", "\\A" DATE "\\z" },
    { "time", "\\A" TIME "\\z" },
    { "date-time", "\\A" DATE "[Tt]" TIME "\\z" },
    { "email", R"(\A[^\s@]+@[^\s@]+\z)" },
    { "ipv4", R"(\A((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!\z)|\z)){4}\z)" },
    { "uri", R"(\A[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*\z)" },
    { "uuid", R"(\A[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z)" },
};
#undef DATE
#undef TIME

struct Draft {
    const char *id;
    bool is4;
};

constexpr Draft drafts[] = {
    { "json-schema.org/draft-04/schema", true },
    { "json-schema.org/draft-06/schema", false },
    { "json-schema.org/draft-07/schema", false },
};

/// Walks over every subschema once, then over the chains of those that look at the same value.
class Reader final {
public:
    base::Result<ReadSchema> read(const QJsonObject &root);

private:
    QJsonValue schemaAt(const QJsonValue &value, const QString &path, int level);
    QJsonValue keywordAt(const Keyword &keyword, const QJsonValue &value, const QString &path, const QString &parent,
                         int level);
    QJsonObject mapAt(const Keyword &keyword, const QJsonObject &map, const QString &path, const QString &parent,
                      int level);
    QJsonValue child(const Keyword &keyword, const QJsonValue &value, const QString &path, const QString &parent,
                     int level);
    void checkPattern(const QJsonValue &value, const QString &path);
    void checkFormat(const QJsonValue &value, const QString &path);
    void checkReference(const QJsonValue &value, const QString &path, const QString &parent);
    void draftOf(const QJsonValue &id);
    void refuse(const QString &why);
    int chainFrom(const QString &path);
    void checkReferences();

    ReadSchema m_read;
    QString m_problem;
    QSet<QString> m_schemas; ///< by path
    QHash<QString, QStringList> m_inPlace; ///< what looks at the same value
    QStringList m_references;
    bool m_oddNames = false;
    QHash<QString, int> m_chains; ///< 0 while it is being followed
};

QString placeOf(const QString &path)
{
    return path.isEmpty() ? u"the schema"_s : u"#%1"_s.arg(path);
}

void Reader::refuse(const QString &why)
{
    if (m_problem.isEmpty())
        m_problem = why;
}

void Reader::draftOf(const QJsonValue &id)
{
    if (id.isUndefined())
        return;
    QString name = id.toString();
    for (const QLatin1String scheme : { "http://"_L1, "https://"_L1 }) {
        if (name.startsWith(scheme))
            name.remove(0, scheme.size());
    }
    if (name.endsWith(u'#'))
        name.chop(1);
    for (const Draft &draft : drafts) {
        if (name == QLatin1String(draft.id)) {
            m_read.draft4 = draft.is4;
            return;
        }
    }
    refuse(u"drafts 4, 6 and 7 of JSON Schema can be checked, not '%1'"_s.arg(id.toString()));
}

QJsonValue Reader::child(const Keyword &keyword, const QJsonValue &value, const QString &path, const QString &parent,
                         int level)
{
    if (keyword.inPlace)
        m_inPlace[parent].append(path);
    return schemaAt(value, path, level + 1);
}

QJsonObject Reader::mapAt(const Keyword &keyword, const QJsonObject &map, const QString &path, const QString &parent,
                          int level)
{
    QJsonObject read;
    for (auto it = map.constBegin(); it != map.constEnd(); ++it) {
        m_oddNames = m_oddNames || it.key().contains(u'/') || it.key().contains(u'~') || it.key().contains(u'%');
        const bool names = keyword.shape == Shape::Dependencies && it.value().isArray();
        read.insert(it.key(), names ? it.value() : child(keyword, it.value(), path + u'/' + it.key(), parent, level));
    }
    return read;
}

QJsonValue Reader::keywordAt(const Keyword &keyword, const QJsonValue &value, const QString &path,
                             const QString &parent, int level)
{
    switch (keyword.shape) {
    case Shape::Annotation:
    case Shape::Plain:
        return value;
    case Shape::Pattern:
        checkPattern(value, path);
        return value;
    case Shape::Format:
        checkFormat(value, path);
        return value;
    case Shape::Reference:
        checkReference(value, path, parent);
        return value;
    case Shape::Map:
    case Shape::Dependencies:
        if (!value.isObject())
            refuse(u"%1 is no object"_s.arg(placeOf(path)));
        return mapAt(keyword, value.toObject(), path, parent, level);
    case Shape::Schema:
        return child(keyword, value, path, parent, level);
    case Shape::Items:
        if (!value.isArray())
            return child(keyword, value, path, parent, level);
        break;
    case Shape::List:
        if (!value.isArray())
            refuse(u"%1 is no list"_s.arg(placeOf(path)));
        break;
    }
    QJsonArray list;
    const QJsonArray given = value.toArray();
    for (qsizetype i = 0; i < given.size(); ++i)
        list.append(child(keyword, given[i], path + u'/' + QString::number(i), parent, level));
    return list;
}

QJsonValue Reader::schemaAt(const QJsonValue &value, const QString &path, int level)
{
    m_schemas.insert(path);
    if (level > deepestSchema)
        refuse(u"the schema is nested more than %1 deep"_s.arg(deepestSchema));
    if (!value.isObject() && !value.isBool())
        refuse(u"%1 is no schema"_s.arg(placeOf(path)));
    if (!value.isObject() || !m_problem.isEmpty())
        return value;
    const QJsonObject object = value.toObject();
    const bool refers = object.contains("$ref"_L1);
    QJsonObject read;
    for (auto it = object.constBegin(); it != object.constEnd(); ++it) {
        if (path.isEmpty() && (it.key() == "$id"_L1 || it.key() == "id"_L1))
            continue;
        const auto keyword = std::find_if(std::begin(keywords), std::end(keywords),
                                          [&it](const Keyword &row) { return it.key() == QLatin1String(row.name); });
        if (keyword == std::end(keywords)) {
            refuse(u"the keyword '%1' of %2 can't be checked"_s.arg(it.key(), placeOf(path)));
            continue;
        }
        const bool holdsOthers = keyword->shape == Shape::Map && it.key() != "properties"_L1;
        if (refers && keyword->shape != Shape::Annotation && keyword->shape != Shape::Reference && !holdsOthers)
            refuse(u"'%1' has no effect beside the $ref of %2"_s.arg(it.key(), placeOf(path)));
        if (keyword->shape == Shape::Annotation)
            continue;
        m_read.hasUniqueItems = m_read.hasUniqueItems || it.key() == "uniqueItems"_L1;
        const QString name = keyword->shape == Shape::Pattern ? QString::fromLatin1(ownPattern)
            : keyword->shape == Shape::Format                 ? QString::fromLatin1(ownFormat)
                                                              : it.key();
        read.insert(name, keywordAt(*keyword, it.value(), path + u'/' + it.key(), path, level));
    }
    read.insert(QLatin1String(ownBudget), true);
    return read;
}

void Reader::checkPattern(const QJsonValue &value, const QString &path)
{
    if (const auto regex = BoundedRegex::fromPattern(value.toString()); !regex)
        refuse(u"%1: %2"_s.arg(placeOf(path), regex.error().message));
}

void Reader::checkFormat(const QJsonValue &value, const QString &path)
{
    if (!formatPattern(value.toString()).isEmpty())
        return;
    QStringList known;
    for (const Format &format : formats)
        known.append(QString::fromLatin1(format.name));
    refuse(u"%1: the formats that can be checked are %2, not '%3'"_s.arg(placeOf(path), known.join(u", "_s),
                                                                         value.toString()));
}

void Reader::checkReference(const QJsonValue &value, const QString &path, const QString &parent)
{
    const QString target = value.toString();
    const bool local = target == "#"_L1 || (target.startsWith("#/"_L1) && !target.endsWith(u'/'));
    if (!local || target.contains(u'%') || target.contains(u'~')) {
        refuse(u"%1: '%2' does not point into this schema; nothing is fetched"_s.arg(placeOf(path), target));
        return;
    }
    m_references.append(target.sliced(1));
    m_inPlace[parent].append(target.sliced(1));
}

void Reader::checkReferences()
{
    // The library tells subschemas apart by their paths, in which it escapes nothing.
    if (m_oddNames && !m_references.isEmpty())
        refuse(u"a schema with references can't have names with '/', '~' or '%'"_s);
    for (const QString &target : std::as_const(m_references)) {
        if (!m_schemas.contains(target))
            refuse(u"there is no schema at '#%1'"_s.arg(target));
    }
}

/// The longest chain of subschemas for one value, or 0 if there is no end to it.
int Reader::chainFrom(const QString &path)
{
    if (const auto known = m_chains.constFind(path); known != m_chains.constEnd())
        return *known;
    m_chains.insert(path, 0);
    int longest = 0;
    const QStringList next = m_inPlace.value(path);
    for (const QString &other : next) {
        const int chain = chainFrom(other);
        if (chain == 0)
            return 0;
        longest = std::max(longest, chain);
    }
    m_chains.insert(path, longest + 1);
    return longest + 1;
}

base::Result<ReadSchema> Reader::read(const QJsonObject &root)
{
    if (QJsonDocument(root).toJson(QJsonDocument::Compact).size() > largestSchema)
        refuse(u"the schema is larger than %1 KiB"_s.arg(largestSchema >> 10));
    draftOf(root["$schema"_L1]);
    if (m_problem.isEmpty())
        m_read.schema = schemaAt(root, {}, 0).toObject();
    if (m_problem.isEmpty())
        checkReferences();
    if (m_problem.isEmpty()) {
        for (const QString &path : std::as_const(m_schemas)) {
            const int chain = chainFrom(path);
            if (chain == 0 || chain > longestChain)
                refuse(u"the references at %1 lead round in a circle, or too far"_s.arg(placeOf(path)));
            m_read.depth = std::max(m_read.depth, chain);
        }
    }
    if (!m_problem.isEmpty())
        return base::Error { base::ErrorKind::Usage, m_problem, {}, 0, std::nullopt };
    return m_read;
}

} // namespace

base::Result<ReadSchema> readSchema(const QJsonObject &schema)
{
    return Reader().read(schema);
}

QString formatPattern(const QString &format)
{
    for (const Format &row : formats) {
        if (format == QLatin1String(row.name))
            return QString::fromLatin1(row.pattern);
    }
    return {};
}

} // namespace talkbench::validate
