"""The texts that tests/bench/tokens counts, and tiktoken's own speed: tokens.py FOLDER makes them and prints JSON."""
import json
import os
import random
import sys
import time

import tiktoken

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ENGLISH = ("the of and to in is that for with as it was on are by this be from or an model answer token which when first "
           "stream profile measured latency server request conversation between another because never people question "
           "international characterization understanding throughput don't we're").split()
SCRIPTS = ("привет как дела сегодня", "你好世界今天天气很好机器学习", "こんにちは世界 カタカナ", "안녕하세요 세계 여러분", "नमस्ते दुनिया आज", "مرحبا بالعالم اليوم",
           "Größe naïve façade", "γειά σου κόσμε", "สวัสดีชาวโลก", "😀👩‍👩‍👧‍👦🇩🇪")
SIZE = 4_000_000


def prose(words, rng):
    out = []
    size = 0
    while size < SIZE:
        sentence = " ".join(rng.choice(words) for _ in range(rng.randint(5, 18))).capitalize() + rng.choice(".!?") + rng.choice("  \n")
        size += len(sentence.encode())
        out.append(sentence)
    return "".join(out)


def code():
    text = ""
    for folder in ("core", "ui", "app", "tests"):
        for path, _, names in sorted(os.walk(os.path.join(ROOT, folder))):
            for name in sorted(names):
                if name.endswith((".cpp", ".h", ".py")):
                    with open(os.path.join(path, name), encoding="utf-8") as file:
                        text += file.read()
    return text


def best_seconds(work):
    times = []
    for _ in range(3):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
rng = random.Random(1)
rows = []
for name, text in (("English prose", prose(ENGLISH, rng)), ("source code of Talkbench", code()), ("ten scripts", prose(" ".join(SCRIPTS).split(), rng))):
    path = os.path.join(folder, name.replace(" ", "-") + ".txt")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    for encoding in ("o200k_base", "cl100k_base"):
        peer = tiktoken.get_encoding(encoding)
        seconds = best_seconds(lambda: peer.encode_ordinary(text))
        rows.append({"name": name, "file": path, "encoding": encoding, "tokens": len(peer.encode_ordinary(text)),
                     "mb_s": len(text.encode()) / 1e6 / seconds})
print(json.dumps(rows))
