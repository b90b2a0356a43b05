#include "core/validate/jsonschema.h"

#include "core/validate/boundedregex.h"
#include "core/validate/schemareader.h"
#include "core/validate/workdeadline.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>

// The one file that pays for the library's templates. Without exceptions it ends the program at a schema it doesn't like.
#define VALIJSON_USE_EXCEPTIONS 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/qtjson_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

namespace talkbench::validate {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 longestMs = 200; ///< of processor time
constexpr int deepestValue = 100;
/// Levels of the library's recursion: it keeps the stack of the network thread within its bounds.
constexpr int deepestWork = 1'000;
/// The library compares each with each.
constexpr qsizetype mostUnique = 1'000;
constexpr qsizetype mostViolations = 3;

base::Error error(const QString &message)
{
    return { base::ErrorKind::Usage, message, {}, 0, std::nullopt };
}

/// Where in the answer the library stands: a list of steps up to its 1.0, a class of its own since.
template <typename Path>
Path pathOf(bool (valijson::constraints::PolyConstraint::*)(const valijson::adapters::Adapter &, const Path &,
                                                            valijson::ValidationResults *) const);
using Path = decltype(pathOf(&valijson::constraints::PolyConstraint::validate));

/// A keyword of our own; `Derived` is copied by the library.
template <typename Derived>
class OwnConstraint : public valijson::constraints::PolyConstraint {
private:
    valijson::constraints::Constraint *cloneInto(void *place) const override
    {
        return new (place) Derived(static_cast<const Derived &>(*this));
    }
    std::size_t sizeOf() const override { return sizeof(Derived); }
};

/// Every subschema has one: it is where a validation that would take for ever is left.
class BudgetConstraint final : public OwnConstraint<BudgetConstraint> {
public:
    explicit BudgetConstraint(const WorkDeadline &deadline) : m_deadline(deadline) { }

    bool validate(const valijson::adapters::Adapter &, const Path &, valijson::ValidationResults *) const override
    {
        if (m_deadline.hasExpired())
            throw std::runtime_error("checking the answer against the schema takes too long");
        return true;
    }

private:
    const WorkDeadline m_deadline;
};

/// `pattern` and `format`: the library's own run std::regex, which a long text drives out of its stack.
class PatternConstraint final : public OwnConstraint<PatternConstraint> {
public:
    PatternConstraint(const BoundedRegex &regex, const QString &what) : m_regex(regex), m_what(what) { }

    bool validate(const valijson::adapters::Adapter &target, const Path &path,
                  valijson::ValidationResults *results) const override
    {
        if (!target.isString())
            return true;
        const auto found = m_regex.occursIn(QString::fromStdString(target.asString()));
        if (!found)
            throw std::runtime_error(found.error().message.toStdString());
        if (!*found && results)
            results->pushError(path, u"The text does not match %1."_s.arg(m_what).toStdString());
        return *found;
    }

private:
    const BoundedRegex m_regex;
    const QString m_what;
};

class BudgetBuilder final : public valijson::ConstraintBuilder {
public:
    explicit BudgetBuilder(const WorkDeadline &deadline) : m_deadline(deadline) { }
    valijson::constraints::Constraint *make(const valijson::adapters::Adapter &) const override
    {
        return new BudgetConstraint(m_deadline);
    }

private:
    const WorkDeadline m_deadline;
};

class PatternBuilder final : public valijson::ConstraintBuilder {
public:
    explicit PatternBuilder(bool isFormat) : m_isFormat(isFormat) { }
    valijson::constraints::Constraint *make(const valijson::adapters::Adapter &value) const override
    {
        const QString given = QString::fromStdString(value.asString());
        const auto regex = BoundedRegex::fromPattern(m_isFormat ? formatPattern(given) : given);
        if (!regex)
            throw std::runtime_error(regex.error().message.toStdString());
        return new PatternConstraint(*regex, (m_isFormat ? u"the format '%1'"_s : u"the pattern '%1'"_s).arg(given));
    }

private:
    const bool m_isFormat;
};

/// Throws what the library throws.
void populate(const ReadSchema &read, const WorkDeadline &deadline, valijson::Schema &schema)
{
    using valijson::SchemaParser;
    SchemaParser parser(read.draft4 ? SchemaParser::kDraft4 : SchemaParser::kDraft7);
    const auto add = [&parser](const char *name, std::unique_ptr<valijson::ConstraintBuilder> builder) {
        parser.addConstraintBuilder(name, builder.get());
        builder.release(); // it is the parser's, unless that threw
    };
    add(ownBudget, std::make_unique<BudgetBuilder>(deadline));
    add(ownPattern, std::make_unique<PatternBuilder>(false));
    add(ownFormat, std::make_unique<PatternBuilder>(true));
    const QJsonValue root(read.schema);
    parser.populateSchema(valijson::adapters::QtJsonAdapter(root), schema);
}

struct Size {
    int depth = 0;
    qsizetype longestArray = 0;
};

void measure(const QJsonValue &value, int depth, Size &size)
{
    size.depth = std::max(size.depth, depth);
    if (depth > deepestValue)
        return;
    if (value.isArray()) {
        const QJsonArray array = value.toArray();
        size.longestArray = std::max(size.longestArray, array.size());
        for (const auto &item : array)
            measure(item, depth + 1, size);
    } else if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (const auto &member : object)
            measure(member, depth + 1, size);
    }
}

base::Result<void> checkSize(const ReadSchema &schema, const QJsonValue &value)
{
    Size size;
    measure(value, 1, size);
    if (size.depth > deepestValue || size.depth * schema.depth > deepestWork)
        return error(u"the answer is nested too deep for its schema to be checked"_s);
    if (schema.hasUniqueItems && size.longestArray > mostUnique)
        return error(u"lists of more than %1 items are not checked for doubles"_s.arg(mostUnique));
    return {};
}

/// "<root>", "[items]" or, since the library's 1.0, "[\"items\"]", "[3]" → "at items/3: …"
QString sentence(const valijson::ValidationResults::Error &violation)
{
    QStringList path;
    for (const std::string &step : violation.context) {
        QString name = QString::fromStdString(step);
        if (name == "<root>"_L1)
            continue;
        if (name.startsWith(u'[') && name.endsWith(u']'))
            name = name.sliced(1, name.size() - 2);
        if (name.size() > 1 && name.startsWith(u'"') && name.endsWith(u'"'))
            name = name.sliced(1, name.size() - 2);
        path.append(name);
    }
    const QString what = QString::fromStdString(violation.description);
    return path.isEmpty() ? what : u"at %1: %2"_s.arg(path.join(u'/'), what);
}

} // namespace

base::Result<void> checkSchema(const QJsonObject &schema)
{
    const auto read = readSchema(schema);
    if (!read)
        return read.error();
    try {
        valijson::Schema parsed;
        populate(*read, WorkDeadline(longestMs), parsed);
    } catch (const std::exception &problem) {
        return error(QString::fromUtf8(problem.what()));
    }
    return {};
}

base::Result<QStringList> violations(const QJsonObject &schema, const QJsonValue &value)
{
    const auto read = readSchema(schema);
    if (!read)
        return read.error();
    if (const auto fits = checkSize(*read, value); !fits)
        return fits.error();
    QStringList found;
    try {
        valijson::Schema parsed;
        populate(*read, WorkDeadline(longestMs), parsed);
        valijson::ValidationResults results;
        valijson::Validator validator(valijson::Validator::kStrongTypes);
        if (validator.validate(parsed, valijson::adapters::QtJsonAdapter(value), &results))
            return found;
        valijson::ValidationResults::Error violation;
        while (found.size() < mostViolations && results.popError(violation))
            found.append(sentence(violation));
    } catch (const std::exception &problem) {
        return error(QString::fromUtf8(problem.what()));
    }
    if (found.isEmpty())
        found.append(u"The answer does not fit the schema."_s);
    return found;
}

} // namespace talkbench::validate
