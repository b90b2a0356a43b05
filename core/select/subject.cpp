#include "core/select/subject.h"

#include "core/base/language.h"
#include "core/cost/tokenestimate.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <utility>

namespace talkbench::select {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array qualities {
    std::pair { Quality::Low, "low" },
    std::pair { Quality::Balanced, "balanced" },
    std::pair { Quality::High, "high" },
};

constexpr qsizetype looksAt = 16'384;

bool looksLikeCode(const QString &text)
{
    static const QRegularExpression signs(
        u"```|^\\s*(#include\\b|import \\w+|from \\w+ import|def \\w+\\(|class \\w+[:({ ]|fn \\w+\\(|func \\w+\\(|"
        "SELECT .{1,200} FROM |(const|let|var) \\w+ ?=|public \\w+ \\w+)|[;{}]\\s*$"_s,
        QRegularExpression::MultilineOption);
    return signs.match(text.first(std::min(text.size(), looksAt))).hasMatch();
}

} // namespace

QString qualityName(Quality quality)
{
    const auto row =
        std::find_if(qualities.begin(), qualities.end(), [&](const auto &r) { return r.first == quality; });
    return QString::fromLatin1(row->second);
}

std::optional<Quality> qualityFromName(const QString &name)
{
    for (const auto &[quality, known] : qualities) {
        if (name == QLatin1StringView(known))
            return quality;
    }
    return {};
}

Subject subjectOf(const llm::ChatRequest &request)
{
    Subject subject;
    subject.tokens = cost::estimateTokens(request.messages);
    subject.hasTools = !request.options.tools.isEmpty();
    for (const llm::Message &message : request.messages) {
        if (message.role == llm::Role::User)
            subject.prompt = message.text();
        subject.hasImage |= std::any_of(message.parts.begin(), message.parts.end(), [](const llm::ContentPart &part) {
            return part.kind == llm::ContentPart::Kind::Image;
        });
    }
    subject.hasCode = looksLikeCode(subject.prompt);
    subject.language = base::languageOf(subject.prompt);
    return subject;
}

} // namespace talkbench::select
