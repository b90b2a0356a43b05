"""Holds a `talkbench chat --json` object against the log of llama-cpp-python's server: compare.py CHAT_JSON SERVER_LOG"""
import json
import re
import sys

chat = json.load(open(sys.argv[1]))
log = open(sys.argv[2], errors="replace").read()


def last(pattern):
    found = re.findall(pattern, log)
    return found[-1] if found else None


prompt = last(r"prompt eval time\s*=\s*([\d.]+) ms /\s*(\d+) tokens")
decode = last(r"[^t] eval time\s*=\s*([\d.]+) ms /\s*(\d+) runs")
metrics, usage = chat["metrics"], chat["usage"]
print("answer        %r…" % chat["text"][:70])
print("finish        %s, %s tokens counted from %s" % (chat["finish_reason"], usage and usage["output_total"], usage and usage["source"]))
rows = []
if prompt:
    rows.append(("prefill, ms", float(prompt[0]), metrics["ttft_ms"]))
if decode:
    rows.append(("decode, ms", float(decode[0]), metrics["response_ms"] - metrics["ttft_ms"]))
    rows.append(("decode, tok/s", 1000 * int(decode[1]) / float(decode[0]), metrics["tokens_per_s"]))
print("%-14s %12s %12s" % ("", "server", "client"))
for row in rows:
    print("%-14s %12.1f %12.1f" % row)
sys.exit(0 if chat["error"] is None and chat["text"] else 1)
