"""Compares our tokens with those of PyPI's tiktoken on random texts: tiktoken_judge.py PROGRAM COUNT SEED"""
import random
import subprocess
import sys
import unicodedata

import tiktoken

PROGRAM, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random = random.Random(SEED)

WORDS = ("the of and to in is that for with model token streaming latency International Übermut façade naïve coöperate "
         "привет как дела Здравствуйте γειά σου κόσμε 你好世界 机器学习 こんにちは カタカナ 안녕하세요 세계 สวัสดีชาวโลก नमस्ते दुनिया "
         "مرحبا بالعالم שלום עולם հայերեն ქართული አማርኛ বাংলা தமிழ் ພາສາລາວ Ǆungla ǅ ʰword IJssel ﬁne ſtreet İstanbul ǆ").split()
CODE = ("def f(x):\n    return x**2\n", "#include <vector>\nint main() { return 0; }\r\n", "for (let i=0;i<10;++i) {\n\tconsole.log(`${i}`);\n}\n",
        "SELECT * FROM t WHERE a != 'b' -- c\n", "https://example.com/a/b?c=d&e=%20f#g", "</div>\n\n\n  <p class=\"x\">", "{\"a\": [1, 2.50e-10, null]}",
        "/* x *//\n//\n", "\\frac{1}{2}", "<|endoftext|>", "<|im_start|>user\n", "#!/bin/sh\nset -eu\n")
EMOJI = ("😀", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪🇫🇷", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🧑‍🚀", "☃", "𝕳𝖊𝖑𝖑𝖔", "𝟘𝟙")
CONTRACTIONS = [mark + end for mark in "'’" for end in
                "s S t T re RE Re ve Ve VE m M ll LL lL d D ſ l v e x st llama rest".split()]
SPACES = (" ", "  ", "\t", "\n", "\r\n", "\r", "\n\n", "   \n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\v", "\f", "\u200b", "\u1680")
MARKS = [chr(point) for point in range(0x300, 0x370)] + ["\u0903", "\u20dd", "\ufe0f", "\u1ab0"]
# Letters, marks and numbers of all planes that have any, also those of newer Unicode than Qt's or Python's.
PLANES = list(range(0, 0xD800)) + list(range(0xE000, 0x14680)) + list(range(0x16800, 0x1FC00)) + \
    list(range(0x20000, 0x20100)) + list(range(0x2EBF0, 0x2EE70)) + list(range(0x31300, 0x323C0)) + list(range(0xE0000, 0xE0200))
BLOCKS = [start for start in range(0, 0x20000, 0x80) if not 0xD800 <= start < 0xE000]


def script():
    """A run within one block of 128 code points: a word of some script."""
    start = random.choice(BLOCKS)
    return "".join(chr(start + random.randrange(0x80)) for _ in range(random.randint(1, 12)))


def garbage():
    return random.randbytes(random.randint(1, 24)).decode(random.choice(("utf-8", "latin-1", "cp437")), "replace")


PARTS = (
    lambda: random.choice(WORDS), lambda: random.choice(WORDS).upper(), lambda: random.choice(WORDS).title(),
    lambda: random.choice(CODE), lambda: random.choice(EMOJI), lambda: random.choice(CONTRACTIONS),
    lambda: random.choice(WORDS) + random.choice(CONTRACTIONS),
    lambda: "".join(random.choice(SPACES) for _ in range(random.randint(1, 6))), lambda: " " * random.randint(1, 90),
    lambda: "\n" * random.randint(1, 9), lambda: random.choice(WORDS) + random.choice(MARKS) * random.randint(1, 3),
    lambda: "".join(random.choice(MARKS) for _ in range(random.randint(1, 4))), lambda: str(random.randrange(10 ** random.randint(1, 15))),
    lambda: "".join(chr(random.choice(PLANES)) for _ in range(random.randint(1, 8))), script, script, garbage,
    lambda: "".join(random.choice("aAbB\u02b0\u01c5中\u0301 '!/\n1") for _ in range(random.randint(1, 12))),
    lambda: "".join(chr(random.randint(32, 126)) for _ in range(random.randint(1, 20))), lambda: random.choice("=-_*#~!?.,/") * random.randint(1, 80),
    lambda: random.choice(("\ud800", "\udfff", "\ud83d", "\udc00\ud800")), lambda: unicodedata.normalize("NFD", random.choice(WORDS)),
    lambda: random.choice("aZ0äя中") * random.randint(1, 300), lambda: " ", lambda: " ", lambda: " ",
)


def text():
    return "".join(random.choice(PARTS)() for _ in range(random.randint(1, 12)))


def main():
    # Every code point of its own, between letters, too: then the random ones.
    single = [("a" + chr(point) + "b" + chr(point) + chr(point) + "1" + chr(point)) for point in range(0x110000)]
    texts = [text() for _ in range(COUNT)]
    wrong = 0
    for what, cases in (("random texts", texts), ("code points", single)):
        lines = "\n".join(case.encode("utf-16-le", "surrogatepass").hex() for case in cases) + "\n"
        for name in ("o200k_base", "cl100k_base"):
            encoding = tiktoken.get_encoding(name)
            ours = subprocess.run([PROGRAM, name], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
            if len(ours) != len(cases):
                sys.exit("%d answers for %d texts" % (len(ours), len(cases)))
            different = []
            tokens = 0
            for case, line in zip(cases, ours):
                theirs = encoding.encode_ordinary(case)
                tokens += len(theirs)
                if [int(word) for word in line.split()] != theirs:
                    different.append((case, line, theirs))
            print("%s: %d %s, %d tokens: %d differ" % (name, len(cases), what, tokens, len(different)), flush=True)
            for case, line, theirs in different[:5]:
                print("  %s\n    ours     %s\n    tiktoken %s" % (ascii(case), line, " ".join(map(str, theirs))))
            wrong += len(different)
    sys.exit(1 if wrong else 0)


main()
