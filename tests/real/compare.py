"""Holds a `talkbench chat --json` object against the log of llama-cpp-python's server: compare.py CHAT_JSON SERVER_LOG"""
import json
import re
import sys

chat = json.load(open(sys.argv[1]))
log = open(sys.argv[2], errors="replace").read()


def last(pattern):
    found = re.findall(pattern, log)
    return found[-1] if found else None


total = last(r"total time\s*=\s*([\d.]+) ms")
decode = last(r"[^t] eval time\s*=\s*([\d.]+) ms /\s*(\d+) runs")
metrics, usage = chat["metrics"], chat["usage"]
print("answer   %r…" % chat["text"][:70])
print("finish   %s; tokens counted from: %s" % (chat["finish_reason"], usage and usage["source"]))
rows = []
if total:
    rows.append(("whole answer, ms", float(total), metrics["response_ms"]))
if decode:
    rows.append(("decoding, ms", float(decode[0]), metrics["response_ms"] - metrics["ttft_ms"]))
    rows.append(("tokens", float(decode[1]), usage["output_total"]))
print("%-18s %12s %12s" % ("", "server's log", "client"))
for row in rows:
    print("%-18s %12.1f %12.1f" % row)
sys.exit(0 if chat["error"] is None and chat["text"] else 1)
