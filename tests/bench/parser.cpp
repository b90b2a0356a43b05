// How fast a streamed body becomes events, against what a first version would do: QByteArray::split and QJsonDocument.
// The body is OpenAI's shape, fed in 1,400-byte reads as a network card would give them.

#include "core/run/bodydecoder.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace talkbench;

namespace {

constexpr int events = 40'000;
constexpr qsizetype readSize = 1'400;

QByteArray body()
{
    QByteArray all;
    for (int i = 0; i < events; ++i) {
        all += "data: "
               "{\"id\":\"chatcmpl-9f2ce1c0a4\",\"object\":\"chat.completion.chunk\",\"created\":1795475314,\"model\":"
               "\"gpt-4.1-mini\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0a1b2c3d4e\",\"choices\":[{"
               "\"index\":"
               "0,\"delta\":{\"content\":\" word"
            + QByteArray::number(i) + "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
    }
    return all + "data: [DONE]\n\n";
}

template <typename Work>
double bestSeconds(Work work)
{
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const auto begun = std::chrono::steady_clock::now();
        work();
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    }
    return best;
}

template <typename Feed>
void inReads(const QByteArray &all, Feed feed)
{
    for (qsizetype at = 0; at < all.size(); at += readSize)
        feed(QByteArrayView(all).sliced(at, std::min(readSize, all.size() - at)));
}

qsizetype naive(const QByteArray &all)
{
    qsizetype characters = 0;
    QByteArray held;
    inReads(all, [&](QByteArrayView bytes) {
        held += bytes;
        for (qsizetype end; (end = held.indexOf("\n\n")) >= 0; held.remove(0, end + 2)) {
            const QJsonObject event = QJsonDocument::fromJson(held.sliced(6, end - 6)).object();
            characters +=
                event[QLatin1String("choices")][0][QLatin1String("delta")][QLatin1String("content")].toString().size();
        }
    });
    return characters;
}

qsizetype framesOnly(const QByteArray &all)
{
    qsizetype frames = 0;
    net::SseParser parser;
    inReads(all, [&](QByteArrayView bytes) { frames += parser.feed(bytes).size(); });
    return frames;
}

qsizetype decoded(const QByteArray &all)
{
    qsizetype characters = 0;
    run::BodyDecoder decoder(*llm::providerFor(QStringLiteral("openai-chat")), true);
    decoder.head({ 200, {} });
    inReads(all, [&](QByteArrayView bytes) {
        for (const llm::StreamEvent &event : decoder.bytes(bytes)) {
            if (const auto *text = std::get_if<llm::TextDelta>(&event))
                characters += text->text.size();
        }
    });
    return characters;
}

void row(const char *name, double seconds, double peer, double megabytes)
{
    std::printf("| %s | %.0f | %.2f | %.1f× |\n", name, megabytes / seconds, events / seconds / 1e6, peer / seconds);
}

} // namespace

int main()
{
    const QByteArray all = body();
    if (naive(all) != decoded(all) || framesOnly(all) != events + 1) {
        std::fprintf(stderr, "the parsers disagree\n");
        return 1;
    }
    const double megabytes = static_cast<double>(all.size()) / 1e6;
    const double peer = bestSeconds([&] { naive(all); });
    std::printf("| what | MB/s | million events/s | against split + QJsonDocument |\n| --- | --- | --- | --- |\n");
    row("split + QJsonDocument", peer, peer, megabytes);
    row("SSE to frames", bestSeconds([&] { framesOnly(all); }), peer, megabytes);
    row("SSE to events (what a call runs)", bestSeconds([&] { decoded(all); }), peer, megabytes);
    return 0;
}
