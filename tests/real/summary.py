"""Prints one line of an answer's JSON object; fails where text, usage or an end is missing."""
import json
import sys

title, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    answer = json.load(file)
usage = answer["usage"] or {}
right = answer["text"].strip() and answer["finish_reason"] == "stop" and usage.get("source") == "usage"
print(
    f"{'ok   ' if right else 'WRONG'} {title}: {usage.get('input_total')} + {usage.get('output_total')} tokens"
    f" by {usage.get('source')}, {answer['finish_reason']}, first token after {answer['metrics']['ttft_ms']} ms"
)
sys.exit(0 if right else 1)
