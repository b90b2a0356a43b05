"""What each strategy is worth: the same work with it and without it, against simulators of the same faults, in one run."""
import contextlib
import json
import os
import shutil
import subprocess

WORDS = "stars rivers bread clocks maps engines glass winter bridges seeds copper letters".split()


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


class Bench:
    def __init__(self, talkbench, folder):
        self.talkbench = talkbench
        self.folder = folder
        self.runs = 0
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)

    @contextlib.contextmanager
    def simulator(self, *knobs):
        server = subprocess.Popen([self.talkbench, "simulate", "--port", "0", "--exit-with-stdin", *knobs],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield next(word for word in server.stdout.readline().split() if word.startswith("http://")) + "/v1"
        finally:
            server.stdin.close()
            server.wait(20)

    def data(self, providers, **settings):
        """A data folder of its own: providers by name, settings by key (a/b as a__b)."""
        self.runs += 1
        path = os.path.join(self.folder, "data%d" % self.runs)
        os.makedirs(path)
        rows = [{"id": name, "name": name, "protocol": "openai-chat", "base_url": url, "default_model": "sim-small"}
                for name, url in providers.items()]
        kept = {"default/provider": next(iter(providers)), **{key.replace("__", "/"): value for key, value in settings.items()}}
        with open(os.path.join(path, "settings.json"), "w") as file:
            json.dump({"settings": kept, "providers": rows}, file)
        return path

    def run(self, data, *arguments):
        done = subprocess.run([self.talkbench, "--data-dir", data, *arguments], capture_output=True, text=True, timeout=600)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise SystemExit("talkbench %s failed: %s" % (" ".join(arguments), done.stderr[-2000:])) from None

    def prompts(self, count):
        path = os.path.join(self.folder, "prompts%d.txt" % count)
        with open(path, "w") as file:
            file.writelines("Write two sentences on %s, number %d.\n" % (WORDS[i % len(WORDS)], i) for i in range(count))
        return path

    def batch(self, data, count, *arguments):
        return self.run(data, "batch", self.prompts(count), "--out", os.path.join(data, "results.jsonl"), "--quiet", "--json",
                        "--yes", *arguments)

    def chats(self, data, count, *arguments):
        return [self.run(data, "chat", "--json", *arguments, "Write two sentences on %s, number %d." % (WORDS[i % len(WORDS)], i))
                for i in range(count)]


def concurrency(bench):
    with bench.simulator("--ttft", "constant:200", "--gap", "constant:5", "--tokens", "20") as url:
        took = {n: bench.batch(bench.data({"sim": url}), 128, "--concurrency", str(n))["seconds"] for n in (1, 8, 64)}
    return [("128 calls, %d at once" % n, "%.1f s" % took[n], "%.1f×" % (took[1] / took[n])) for n in took]


def retries(bench):
    with bench.simulator("--error-rate", "0.2", "--error-status", "503", "--tokens", "10", "--gap", "constant:1") as url:
        ok = {n: bench.batch(bench.data({"sim": url}, retry__max_attempts=n), 300)["ok"] for n in (1, 3)}
    return [("300 calls, a fifth of the requests fails, %s" % ("no retry" if n == 1 else "3 attempts"), "%d answered" % ok[n],
             "%.2f×" % (ok[n] / ok[1])) for n in ok]


def fallback(bench):
    short = ("--tokens", "20", "--gap", "constant:1")
    with bench.simulator("--error-rate", "0.3", "--error-status", "529", *short) as failing, bench.simulator(*short) as well:
        answered = {}
        for name, fallbacks in (("none", {}), ("a second provider", {"first/sim-small": "second/sim-small"})):
            data = bench.data({"first": failing, "second": well}, retry__max_attempts=1, select__fallbacks=fallbacks)
            answered[name] = sum(not chat.get("error") for chat in bench.chats(data, 40))
    return [("40 chats, three in ten requests are refused, fallback: %s" % name, "%d answered" % n,
             "%.2f×" % (n / answered["none"])) for name, n in answered.items()]


def hedging(bench):
    rows = []
    short = ("--tokens", "20", "--gap", "constant:1")
    with bench.simulator("--ttft", "lognormal:300,500", *short) as slow, bench.simulator("--ttft", "constant:200", *short) as second:
        waits = {}
        for factor in (0, 0.5):
            data = bench.data({"first": slow, "second": second}, select__hedge=factor,
                              select__fallbacks={"first/sim-small": "second/sim-small"})
            bench.batch(data, 100, "--models", "first/sim-small")  # what is usual, to be late by
            waits[factor] = [chat["metrics"]["ttft_ms"] + (chat["metrics"]["before_ms"] or 0) for chat in bench.chats(data, 80)]
    for factor, ms in waits.items():
        rows.append(("80 chats with a long tail, %s" % ("hedged at half the p95" if factor else "not hedged"),
                     "first token p95 %.0f ms, worst %.0f ms" % (percentile(ms, 95), max(ms)),
                     "%.2f×" % (percentile(waits[0], 95) / percentile(ms, 95))))
    return rows


def fitting(bench):
    text = " ".join("Sentence number %d is about rivers and engines." % i for i in range(400))
    with bench.simulator("--context", "1000", "--gap", "constant:1") as url:
        data = bench.data({"sim": url})
        answered = {way: sum(not bench.run(data, "chat", "--json", "--fit", way, *limit, "%d. %s" % (i, text)).get("error")
                             for i in range(10))
                    for way, limit in (("off", ()), ("cut", ("--context-limit", "1000")))}
    return [("10 prompts of 4,000 tokens, a context of 1,000, %s" % ("cut at sentences" if way == "cut" else "as they are"),
             "%d answered" % n, "") for way, n in answered.items()]


def budgets(bench):
    rows = []
    with bench.simulator("--gap", "constant:1") as url:
        for limit in (None, 0.02):
            kept = {"rows": [{"scope": "day", "provider": "", "limit_usd": limit, "action": "refuse"}]} if limit else {}
            data = bench.data({"sim": url}, budgets=kept)
            bench.run(data, "prices", "set", "--provider", "sim", "--input", "1", "--output", "10", "--json", "sim-small")
            spent = sum(chat.get("cost_usd") or 0 for chat in bench.chats(data, 30, "--max-tokens", "200"))
            rows.append(("30 chats of about $0.002, %s" % ("$%.2f a day" % limit if limit else "no budget"), "$%.4f spent" % spent, ""))
    return rows


def validation(bench):
    check = ("--validate", '{"kind":"length","min":0,"max":264,"unit":"words"}')
    with bench.simulator("--gap", "constant:1") as url:
        passed = {}
        for n in (0, 3):
            sums = bench.batch(bench.data({"sim": url}), 200, *check, *(("--validate-retries", str(n)) if n else ()))
            passed[n] = sums["ok"] - sums["invalid"]
    return [("200 answers of at most 264 words, %s" % ("asked again up to 3 times" if n else "only checked"),
             "%d pass" % passed[n], "%.2f×" % (passed[n] / max(passed[0], 1))) for n in passed]


STRATEGIES = {"bounded concurrency": concurrency, "retries": retries, "fallback": fallback, "hedged requests": hedging,
              "prompt fitting": fitting, "budgets": budgets, "validation": validation}


def measure(talkbench, folder):
    """Rows of (strategy, what was done, result, ÷ without it); as they come, since they take minutes."""
    bench = Bench(talkbench, folder)
    for name, strategy in STRATEGIES.items():
        yield from ((name, *row) for row in strategy(bench))
