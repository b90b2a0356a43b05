"""Runs the benchmark programs of a build folder and prints one table a subject: report.py BUILD [SUBJECT...]"""
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request

import strategies

BUILD = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
TALKBENCH = os.path.join(BUILD, "app", "talkbench")
LOADS = ((1, 100), (64, 100), (256, 50))
SECONDS = 5
TIMES = 3  # of each the run with the median p99: other work on the machine is no client's fault


def program(name):
    return os.path.join(BUILD, "tests", "bench", name)


def table(title, head, rows):
    print("\n### %s\n" % title)
    print("| %s |" % " | ".join(head))
    print("|%s" % (" --- |" * len(head)))
    for row in rows:
        print("| %s |" % " | ".join(str(cell) for cell in row), flush=True)
    sys.stdout.flush()


def json_of(command, timeout=300, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **more)
    if done.returncode:
        sys.exit("%s failed: %s" % (" ".join(command), done.stderr[-2000:]))
    return json.loads(done.stdout)


def under_display(command):
    """A real X server: the offscreen platform would flatter us."""
    return ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24"] + command


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def truth(base, stream_id):
    with urllib.request.urlopen("%s/sim/truth/%s" % (base, stream_id)) as answer:
        return [chunk["ns"] for chunk in json.load(answer)["chunks"]]


def peer(command, streams, rate):
    """A peer's stamp errors, against a simulator in a process of its own."""
    server = subprocess.Popen([TALKBENCH, "simulate", "--port", "0", "--exit-with-stdin"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    try:
        base = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
        arguments = [base, str(streams), str(SECONDS * rate), "%g" % (1000 / rate)]
        got = json_of(command + arguments, env=dict(os.environ, BENCH_NODE_MODULES=os.path.join(BUILD, "node", "node_modules")))
        errors, lost = [], 0
        for stream_id, stamps in got["streams"].items():
            sent = truth(base, stream_id)
            lost += abs(len(sent) - len(stamps))
            errors += [(b - a) / 1e6 for a, b in zip(sent, stamps)]
        return {"chunk_error_ms": {"p50": percentile(errors, 50), "p99": percentile(errors, 99), "max": max(errors)},
                "lost": lost, "cpu_s": got["cpu_s"], "rss_mb": got["rss_mb"]}
    finally:
        server.stdin.close()
        server.wait(20)


def ours(streams, rate, window):
    command = [TALKBENCH, "calibrate", "--streams", str(streams), "--rate", str(rate), "--tokens", str(SECONDS * rate), "--json"]
    return json_of(under_display(command + ["--with-window"]) if window else command)


def median_run(measure):
    return sorted((measure() for _ in range(TIMES)), key=lambda run: run["chunk_error_ms"]["p99"])[TIMES // 2]


def stamps():
    node = shutil.which("node") and os.path.isdir(os.path.join(BUILD, "node", "node_modules", "openai"))
    for streams, rate in LOADS:
        clients = {"Talkbench": lambda: ours(streams, rate, False),
                   "Talkbench, window open and repainting": lambda: ours(streams, rate, True),
                   "libcurl multi": lambda: peer([program("stamps_curl")], streams, rate)}
        if node:
            clients["openai Node SDK"] = lambda: peer(["node", os.path.join(HERE, "stamps_node.mjs")], streams, rate)
        found = [(name, median_run(measure)) for name, measure in clients.items()]
        best = found[0][1]["chunk_error_ms"]["p99"]
        rows = []
        for name, r in found:
            e = r["chunk_error_ms"]
            rows.append((name, "%.2f" % e["p50"], "%.2f" % e["p99"], "%.1f" % e["max"], "%.1f×" % (e["p99"] / best), r["lost"],
                         "%.2f" % r["cpu_s"], "%.0f" % r["rss_mb"]))
        table("Stamp error, %d streams × %d tokens/s, %d s, median of %d runs" % (streams, rate, SECONDS, TIMES),
              ("client", "p50 ms", "p99 ms", "max ms", "p99 ÷ ours", "lost", "CPU s", "RSS MB"), rows)


def post():
    print("\n### Warm POST\n")
    sys.stdout.flush()
    subprocess.run([program("warmpost")], check=True)


def parser():
    print("\n### Parsers\n")
    sys.stdout.flush()
    subprocess.run([program("parser")], check=True)


def rss_mb(pid):
    with open("/proc/%d/smaps_rollup" % pid) as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) / 1024


def ticks(pid):
    with open("/proc/%d/stat" % pid) as line:
        fields = line.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])


def start(command):
    """Seconds from exec to 'painted' on stdout, and the running process."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return time.monotonic() - begun, process


def startup():
    data = os.path.join(BUILD, "startup-data")
    display = subprocess.Popen(["Xvfb", ":97", "-screen", "0", "1440x900x24"], stderr=subprocess.DEVNULL)
    os.environ["DISPLAY"] = ":97"
    try:
        time.sleep(1)
        rows = []
        for name, command in (("empty QMainWindow with a QTextBrowser", [program("emptywindow")]),
                              ("Talkbench", [TALKBENCH, "--data-dir", data, "--announce-first-paint"])):
            times = []
            for _ in range(7):
                took, process = start(command)
                times.append(took * 1000)
                if len(times) < 7:
                    process.kill()
                process.wait() if len(times) < 7 else None
            time.sleep(5)
            before = ticks(process.pid)
            time.sleep(60)
            cpu = (ticks(process.pid) - before) / os.sysconf("SC_CLK_TCK") / 60 * 100
            rows.append((name, percentile(times, 50), rss_mb(process.pid), cpu))
            process.kill()
            process.wait()
        table("Start-up and idleness", ("window", "exec to first paint, median ms", "÷ empty", "idle RSS MB", "idle CPU %"),
              [(name, "%.0f" % t, "%.1f×" % (t / rows[0][1]), "%.0f" % m, "%.1f" % c) for name, t, m, c in rows])
    finally:
        display.kill()


def window_frames(answers, base):
    """Talkbench's window with so many answers streaming: one in a chat, more side by side."""
    data = os.path.join(BUILD, "frames-data")
    shutil.rmtree(data, ignore_errors=True)
    os.makedirs(data)
    # The rates are the server's; the settings only name it.
    settings = {"settings": {"default/provider": "bench", "limits/per_provider": 16},
                "providers": [{"id": "bench", "name": "Bench", "protocol": "openai-chat", "base_url": base + "/v1",
                               "default_model": "sim-small"}]}
    with open(os.path.join(data, "settings.json"), "w") as file:
        json.dump(settings, file)
    command = [TALKBENCH, "--data-dir", data, "--after", "2000", "--measure-frames", "10", "--prompt", "Write 20000 words."]
    if answers > 1:
        command += ["--compare", ",".join(["sim-small"] * answers)]
    return json_of(under_display(command))


def frames():
    server = subprocess.Popen([TALKBENCH, "simulate", "--port", "0", "--exit-with-stdin", "--gap", "constant:4", "--ttft", "50"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        base = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
        rows = []
        for answers in (1, 4, 8):
            plain = json_of(under_display([program("plainframes"), str(answers), "250", "10"]))
            for name, r in (("QPlainTextEdit, no markdown", plain), ("Talkbench", window_frames(answers, base))):
                f, a = r["frame_ms"], r["away_ms"]
                rows.append((answers, name, r["frames"] // 10, "%.1f" % f["p50"], "%.1f" % f["p99"], "%.1f" % f["max"],
                             "%.1f×" % (f["p50"] / plain["frame_ms"]["p50"]), "%.1f" % a["max"]))
        table("Frames while answers stream at 250 tokens/s each, 10 s",
              ("answers", "window", "frames/s", "frame p50 ms", "p99 ms", "worst ms", "p50 ÷ plain", "longest away ms"), rows)
    finally:
        server.stdin.close()
        server.wait(20)


def cache():
    """A hit from memory and from a file of a million answers, beside the bare lookups; the answer would have taken seconds."""
    r = json_of([program("cachehits")], timeout=1800)
    memory, disk = r["memory"], r["disk"]
    us = lambda row, name: "%.0f" % row[name] if row[name] >= 10 else "%.1f" % row[name]
    rows = []
    for name, entries, row, peer in (("memory", memory["entries"], memory["hit"], None),
                                     ("QCache alone, key known", memory["entries"], memory["qcache"], memory["hit"]),
                                     ("disk", disk["entries"], disk["hit"], None),
                                     ("disk, its first 1,000 lookups", disk["entries"], disk["first_1000"], None),
                                     ("plain SELECT, undecoded", disk["entries"], disk["select"], disk["hit"])):
        rows.append((name, entries, us(row, "p50_us"), us(row, "p99_us"), us(row, "max_us"),
                     "%.1f×" % (peer["p50_us"] / row["p50_us"]) if peer else ""))
    table("A hit of the response cache (file: %d MB)" % disk["file_mb"],
          ("from", "answers", "p50 µs", "p99 µs", "worst µs", "ours ÷ it, p50"), rows)
    table("The cache's key", ("request, characters", "p50 µs", "p99 µs"),
          [(size, us(row, "p50_us"), us(row, "p99_us")) for size, row in sorted(r["key"].items(), key=lambda k: int(k[0]))])


def tokens():
    """Texts counted by us, by PyPI's tiktoken, and split alone by the pattern itself in QRegularExpression."""
    peers = json_of([os.path.join(HERE, "..", "cost", "tiktoken"), os.path.join(HERE, "tokens.py"), os.path.join(BUILD, "texts")],
                    timeout=1200)
    files = sorted({row["file"] for row in peers})
    mine = {(row["file"], row["encoding"]): row for row in json_of([program("tokens")] + files, timeout=1200)}
    rows = []
    for peer_row in peers:
        row = mine[peer_row["file"], peer_row["encoding"]]
        same = "the same" if row["tokens"] == peer_row["tokens"] else "%d against %d" % (row["tokens"], peer_row["tokens"])
        rows.append((peer_row["name"], row["encoding"], "%.0f" % row["mb_s"], "%.0f" % peer_row["mb_s"],
                     "%.1f×" % (row["mb_s"] / peer_row["mb_s"]), "%.0f" % row["pattern_mb_s"], same))
    table("Counting tokens, MB of UTF-8 a second of CPU", ("text", "encoding", "Talkbench", "tiktoken", "ours ÷ it", "split pattern alone", "count"),
          rows)


def monitoring():
    """A call folded into the monitor and a report of it, beside figures that are all kept and sorted for each report."""
    r = json_of([program("monitoring")], timeout=900)
    rows = [(name, "%.1f" % row["call_us"], "%.1f" % row["report_ms"], "%.0f" % row["heap_mb"],
             "%.1f×" % (r["ours"]["report_ms"] / row["report_ms"]))
            for name, row in (("Talkbench", r["ours"]), ("every figure kept and sorted", r["plain"]))]
    table("Monitoring %d calls of %d models; largest error of a p99: %.2f %%" % (r["calls"], r["models"], r["p99_error_percent"]),
          ("", "µs a call", "ms a report", "heap MB", "ours ÷ it, report"), rows)


def worth():
    table("What each strategy is worth, against simulators of the same faults", ("strategy", "work", "result", "÷ without"),
          strategies.measure(TALKBENCH, os.path.join(BUILD, "strategies")))


subjects = {"stamps": stamps, "post": post, "parser": parser, "cache": cache, "startup": startup, "frames": frames,
            "tokens": tokens, "strategies": worth, "monitoring": monitoring}
for chosen in sys.argv[2:] or subjects:
    if chosen not in subjects:
        sys.exit("unknown subject '%s': %s" % (chosen, ", ".join(subjects)))
    subjects[chosen]()
