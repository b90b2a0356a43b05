#include "core/llm/images.h"

#include <algorithm>
#include <array>
#include <span>

namespace talkbench::llm {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype MiB = 1 << 20;

struct Limits {
    QLatin1StringView protocol;
    /// Of one picture's bytes, before base64; and of all in one request.
    qsizetype one;
    qsizetype all;
    std::array<QLatin1StringView, 4> types;
};

/// As the vendors document them. Servers on one's own machine say themselves what they can't take.
constexpr std::array table {
    Limits {
        "openai-chat"_L1, 20 * MiB, 37 * MiB, { "image/png"_L1, "image/jpeg"_L1, "image/gif"_L1, "image/webp"_L1 } },
    Limits { "openai-responses"_L1,
             20 * MiB,
             37 * MiB,
             { "image/png"_L1, "image/jpeg"_L1, "image/gif"_L1, "image/webp"_L1 } },
    Limits { "azure"_L1, 20 * MiB, 37 * MiB, { "image/png"_L1, "image/jpeg"_L1, "image/gif"_L1, "image/webp"_L1 } },
    Limits {
        "anthropic"_L1, 15 * MiB / 4, 23 * MiB, { "image/png"_L1, "image/jpeg"_L1, "image/gif"_L1, "image/webp"_L1 } },
    Limits { "gemini"_L1, 14 * MiB, 14 * MiB, { "image/png"_L1, "image/jpeg"_L1, "image/webp"_L1, {} } },
    Limits { "ollama"_L1, 100 * MiB, 100 * MiB, { "image/png"_L1, "image/jpeg"_L1, "image/webp"_L1, {} } },
};

base::Error refused(const QString &message)
{
    return { base::ErrorKind::InvalidRequest, message, {}, 0, std::nullopt };
}

QString megabytes(qsizetype bytes)
{
    return QString::number(static_cast<double>(bytes) / static_cast<double>(MiB), 'f', 1);
}

QString namesOf(std::span<const QLatin1StringView> types)
{
    QStringList names;
    for (const QLatin1StringView type : types) {
        if (!type.isEmpty())
            names.append(QString(type).section(u'/', 1));
    }
    return names.join(u", "_s);
}

std::optional<base::Error> partProblem(const ContentPart &part, const Limits &limits)
{
    if (part.data.isEmpty())
        return refused(u"A picture is empty."_s);
    const QString type = part.mediaType.isEmpty() ? imageType(part.data) : part.mediaType;
    if (std::find(limits.types.begin(), limits.types.end(), type) == limits.types.end())
        return refused(u"This provider takes pictures as %1, not as %2."_s.arg(
            namesOf(limits.types), type.isEmpty() ? u"an unknown kind"_s : type.section(u'/', 1)));
    if (part.data.size() > limits.one)
        return refused(u"A picture has %1 MB; this provider takes up to %2 MB each."_s.arg(megabytes(part.data.size()),
                                                                                           megabytes(limits.one)));
    return std::nullopt;
}

} // namespace

QString imageType(const QByteArray &data)
{
    if (data.startsWith("\x89PNG\r\n\x1a\n"))
        return u"image/png"_s;
    if (data.startsWith("\xff\xd8\xff"))
        return u"image/jpeg"_s;
    if (data.startsWith("GIF87a") || data.startsWith("GIF89a"))
        return u"image/gif"_s;
    if (data.startsWith("RIFF") && data.mid(8, 4) == "WEBP")
        return u"image/webp"_s;
    return {};
}

base::Result<ContentPart> imagePart(const QByteArray &data)
{
    const QString type = imageType(data);
    if (type.isEmpty())
        return base::Error { base::ErrorKind::Usage,
                             data.isEmpty() ? u"The file is empty."_s
                                            : u"The file is no PNG, JPEG, GIF or WebP picture."_s,
                             {},
                             0,
                             std::nullopt };
    return ContentPart { ContentPart::Kind::Image, {}, type, data };
}

std::optional<base::Error> imageProblem(const QList<Message> &messages, const QString &protocol)
{
    const auto limits =
        std::find_if(table.begin(), table.end(), [&protocol](const Limits &row) { return row.protocol == protocol; });
    if (limits == table.end())
        return std::nullopt;
    qsizetype all = 0;
    for (const Message &message : messages) {
        for (const ContentPart &part : message.parts) {
            if (part.kind != ContentPart::Kind::Image)
                continue;
            if (auto problem = partProblem(part, *limits))
                return problem;
            all += part.data.size();
        }
    }
    if (all > limits->all)
        return refused(u"The conversation's pictures have %1 MB; this provider takes up to %2 MB in one request."_s.arg(
            megabytes(all), megabytes(limits->all)));
    return std::nullopt;
}

} // namespace talkbench::llm
