// A peer for `talkbench calibrate`: N concurrent streams through libcurl's multi interface, each chunk stamped on arrival.
// usage: stamps_curl BASE_URL STREAMS TOKENS GAP_MS  →  one JSON object: {"streams": {"<sim id>": [ns, ...]}, "cpu_s": …, "rss_mb": …}

#include <curl/curl.h>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Stream {
    CURL *easy = nullptr;
    curl_slist *headers = nullptr;
    std::string id;
    std::string tail;
    std::vector<long long> stamps;
};

long long nowNs()
{
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::size_t onHeader(char *data, std::size_t size, std::size_t count, void *self)
{
    const std::string line(data, size * count);
    const std::string name = "x-sim-id: ";
    if (line.compare(0, name.size(), name) == 0)
        static_cast<Stream *>(self)->id = line.substr(name.size(), line.find_last_not_of("\r\n") - name.size() + 1);
    return size * count;
}

std::size_t onBody(char *data, std::size_t size, std::size_t count, void *self)
{
    const long long ns = nowNs();
    auto &stream = *static_cast<Stream *>(self);
    stream.tail.append(data, size * count);
    for (std::size_t end; (end = stream.tail.find("\n\n")) != std::string::npos; stream.tail.erase(0, end + 2)) {
        const std::string event = stream.tail.substr(0, end);
        const auto content = event.find("\"content\":\"");
        if (content != std::string::npos && event[content + 11] != '"')
            stream.stamps.push_back(ns);
    }
    return size * count;
}

void add(CURLM *multi, Stream &stream, const std::string &base, const std::string &body, const std::string &gap)
{
    stream.easy = curl_easy_init();
    for (const std::string &header : { std::string("content-type: application/json"), "x-sim-gap: constant:" + gap })
        stream.headers = curl_slist_append(stream.headers, header.c_str());
    curl_easy_setopt(stream.easy, CURLOPT_URL, (base + "/v1/chat/completions").c_str());
    curl_easy_setopt(stream.easy, CURLOPT_HTTPHEADER, stream.headers);
    curl_easy_setopt(stream.easy, CURLOPT_COPYPOSTFIELDS, body.c_str());
    curl_easy_setopt(stream.easy, CURLOPT_HEADERFUNCTION, onHeader);
    curl_easy_setopt(stream.easy, CURLOPT_HEADERDATA, &stream);
    curl_easy_setopt(stream.easy, CURLOPT_WRITEFUNCTION, onBody);
    curl_easy_setopt(stream.easy, CURLOPT_WRITEDATA, &stream);
    curl_multi_add_handle(multi, stream.easy);
}

void print(const std::vector<Stream> &streams)
{
    rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    std::printf("{\"streams\": {");
    const char *comma = "";
    for (const Stream &stream : streams) {
        std::printf("%s\"%s\": [", comma, stream.id.c_str());
        const char *inner = "";
        for (const long long ns : stream.stamps) {
            std::printf("%s%lld", inner, ns);
            inner = ",";
        }
        std::printf("]");
        comma = ", ";
    }
    std::printf("}, \"cpu_s\": %.3f, \"rss_mb\": %.1f}\n", cpu, static_cast<double>(usage.ru_maxrss) / 1024.0);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 5) {
        std::fprintf(stderr, "usage: stamps_curl BASE_URL STREAMS TOKENS GAP_MS\n");
        return 2;
    }
    const std::string base = argv[1];
    const std::string body = std::string(R"({"model":"sim-small","stream":true,"max_tokens":)") + argv[3]
        + R"(,"messages":[{"role":"user","content":"Write 5000 words."}]})";
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    std::vector<Stream> streams(static_cast<std::size_t>(std::atoi(argv[2])));
    for (Stream &stream : streams)
        add(multi, stream, base, body, argv[4]);

    for (int running = 1; running > 0;) {
        curl_multi_perform(multi, &running);
        if (running > 0)
            curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    }
    print(streams);
    for (Stream &stream : streams) {
        curl_multi_remove_handle(multi, stream.easy);
        curl_easy_cleanup(stream.easy);
        curl_slist_free_all(stream.headers);
    }
    curl_multi_cleanup(multi);
    return 0;
}
