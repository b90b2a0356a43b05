#include "core/simulator/textblocks.h"

#include <array>

namespace talkbench::simulator {

namespace {

using Kind = TextBlock::Kind;

constexpr std::array blocks {
    TextBlock { Kind::List, " list outline structure parts overview ", R"md(## The parts of it

Taken apart, *%topic%* falls into a few pieces that can be looked at one by one:

- **What is given** – everything the question already says
  - the words it uses: `%a%`, `%b%` and `%c%`
  - what it leaves out, which is often the larger share
- **What is wanted** – an answer one can act on
  1. correct before it is complete
  2. complete before it is beautiful
     - but never unreadable
- **What it costs** – time, memory, attention, in the order people forget them
)md" },
    TextBlock { Kind::Table, " table compare comparison versus vs difference differences options ", R"md(## Side by side

Three ways to approach %topic%, and what each of them buys:

| Approach | Effort | Risk | Pays off when |
| :--- | :---: | ---: | :--- |
| Do the simplest thing | **low** | 10 % | the question is small, or may go away |
| Measure first | medium | 5 % | nobody agrees where `%a%` spends its time |
| Build it properly | *high* | 30 % | the next ten questions look like this one |

The middle row wins more often than it is chosen.
)md" },
    TextBlock { Kind::Code, " c++ cpp code percentile function ", R"md(## In C++

A percentile says more about `%a%` than a mean does, because a mean hides the slow tail:

```cpp
#include <algorithm>
#include <cmath>
#include <vector>

/// The smallest value that at least a share p of the samples does not exceed.
double percentile(std::vector<double> samples, double p)
{
    if (samples.empty())
        return std::nan("");
    const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(samples.size())));
    const auto nth = samples.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(samples.begin(), nth, samples.end());
    return *nth; // O(n): no need to sort it all
}
```

`std::nth_element` leaves the rest unsorted, which is all that a single percentile needs.
)md" },
    TextBlock { Kind::Code, " python py script code parse parser stream ", R"md(## In Python

Reading a stream of server-sent events takes less than one fears. What makes it hard is only that a read may end *anywhere*, even inside a character:

```python
import codecs

def events(chunks):
    """Yield the data of each event from an iterable of byte chunks."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    buffer, data = "", []
    for chunk in chunks:
        buffer += decoder.decode(chunk)
        *lines, buffer = buffer.split("\n")
        for line in (l.rstrip("\r") for l in lines):
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif not line and data:
                yield "\n".join(data)
                data = []
```

For %topic% the same shape works: keep what is incomplete, hand on what is whole.
)md" },
    TextBlock { Kind::Code, " javascript js typescript web browser node code ", R"md(## In JavaScript

On a page, the trick is to paint at most once a frame, however many tokens arrive:

```javascript
function frameBatcher(paint) {
  let pending = "";
  let scheduled = false;
  return (token) => {
    pending += token;
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      paint(pending);
      pending = "";
    });
  };
}

const show = frameBatcher((text) => (output.textContent += text));
```

At 250 tokens a second that is four tokens a frame, and the page stays smooth.
)md" },
    TextBlock { Kind::Code, " rust ring buffer code memory safe ", R"md(## In Rust

A ring keeps the newest *n* samples of `%b%` in memory that never grows:

```rust
pub struct Ring<T, const N: usize> {
    items: [Option<T>; N],
    next: usize,
}

impl<T: Copy, const N: usize> Ring<T, N> {
    pub fn new() -> Self {
        Self { items: [None; N], next: 0 }
    }

    pub fn push(&mut self, item: T) {
        self.items[self.next] = Some(item);
        self.next = (self.next + 1) % N;
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let (newer, older) = self.items.split_at(self.next);
        older.iter().chain(newer).flatten()
    }
}
```

The borrow checker turns "don't change it while you read it" from advice into a rule.
)md" },
    TextBlock { Kind::Code, " sql database query queries sqlite code data ", R"md(## In SQL

If the calls about %topic% are kept in a table, one statement tells which model was slow, and when:

```sql
SELECT model,
       COUNT(*)                         AS calls,
       ROUND(AVG(ttft_ms), 1)           AS mean_ttft_ms,
       MAX(ttft_ms)                     AS worst_ttft_ms,
       SUM(output_tokens) * 1000.0
         / NULLIF(SUM(response_ms), 0)  AS tokens_per_s
FROM   runs
WHERE  started_at >= DATE('now', '-7 days')
  AND  error IS NULL
GROUP  BY model
HAVING calls >= 20          -- fewer tell nothing
ORDER  BY mean_ttft_ms;
```

`NULLIF` is the quiet hero: a division by zero becomes *unknown*, not an error.
)md" },
    TextBlock { Kind::Code, " shell bash curl terminal command commands linux code ", R"md(## From a shell

Before any program is written, a line of shell often settles the matter:

```sh
# How long until the first byte, twenty times, sorted
for i in $(seq 20); do
    curl -sS -o /dev/null -w '%{time_starttransfer}\n' "http://127.0.0.1:8089/v1/models"
done | sort -n | awk '{ t[NR] = $1 } END { print "p50", t[int(NR/2)], "max", t[NR] }'
```

Run it once while nothing else happens and once under load: the difference is *your* answer about %topic%.
)md" },
    TextBlock { Kind::Prose, " quote opinion think believe why philosophy ", R"md(## A second thought

> Premature optimisation is the root of all evil,
> but so is never looking at the clock.
>
> > And quoting half a sentence is worse than both.

It is tempting to answer a question about `%a%` with a rule. Rules are ***answers to someone else's question***; they carry their circumstances silently with them. What helps is to say what would have to be true for the rule to hold, and then to go and check *that*. ~~Trust me~~ — look.
)md" },
    TextBlock { Kind::Table,
                " languages language translate translation chinese japanese korean unicode emoji world greeting ",
                R"md(## In other words

Text is more than ASCII, and a client that cuts bytes apart shows it at once:

| Language | A greeting | The word *measure* |
| :--- | :--- | :--- |
| Deutsch | Grüß dich! | messen |
| Ελληνικά | Γειά σου | μετρώ |
| 日本語 | こんにちは | 測る |
| 中文 | 你好，世界 | 测量 |
| 한국어 | 안녕하세요 | 재다 |
| हिन्दी | नमस्ते | मापना |
| Emoji | 👋🏽🌍 | 📏⏱️ |

测量两次，裁剪一次。 Measure twice, cut once — 『二度測って一度で切る』. Naïve façades, smörgåsbords and a family 👩‍👩‍👧‍👦 made of seven code points all have to arrive whole.
)md" },
    TextBlock { Kind::List, " steps step how plan guide tutorial instructions recipe ", R"md(## Step by step

1. **Write the question down.** "%topic%" is a start; say what you would do differently if you knew.
2. **Pick one number.** If `%a%` improved, which figure would move?
   - Say its unit.
   - Say which direction is better.
3. **Look at today's value** before you touch anything.
4. **Change one thing.**
   1. Small enough to undo.
   2. Large enough to see.
5. **Look again**, on the same machine, in the same hour.

Most plans fail between the steps three and four.
)md" },
    TextBlock { Kind::List, " checklist todo tasks pitfalls mistakes problems wrong errors bug debug ",
                R"md(## What tends to go wrong

- [x] The first measurement is taken on a cold cache and believed.
- [x] The average is reported; the one call in a hundred that took ten seconds isn't.
- [ ] Someone asks what `%b%` does when the network breaks off in the middle.
- [ ] Someone tries it.

If only the last two boxes were ticked more often, *%topic%* would need fewer meetings.
)md" },
    TextBlock { Kind::Code, " json yaml config configuration settings format toml ", R"md(## Written down as data

A decision that stands in a file can be reviewed, compared and undone:

```json
{
  "subject": "%a%",
  "limits": { "ttft_ms": 800, "tokens_per_s": 25, "cost_usd": 0.02 },
  "when_exceeded": ["retry once", "fall back", "tell the user"],
  "notes": "Naïve defaults — change them after a week of data ✔"
}
```

Units belong into the names; `"timeout": 30` has ruined more evenings than any algorithm.
)md" },
    TextBlock { Kind::Prose, " read reading link links sources references learn more ", R"md(## Where to read on

- The [server-sent events chapter](https://html.spec.whatwg.org/multipage/server-sent-events.html) of the HTML standard is short and exact.
- [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110) is what HTTP *means*; [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112) is how version 1.1 is spelled.
- For text, the [Unicode FAQ on UTF-8](https://www.unicode.org/faq/utf_bom.html) answers nearly every question about `%c%` and its bytes.

None of these mentions %topic% by name, and all of them are about it.
)md" },
    TextBlock { Kind::Prose, " number numbers math estimate calculate formula cost price ", R"md(## A quick estimate

Say an answer has *n* = 400 tokens, the first comes after 250 ms and the others every 12 ms. Then

    total = 250 ms + (400 − 1) × 12 ms ≈ 5.0 s

of which the wait before the first word is **5 %** and yet nearly all that a reader feels. Halving the gap saves 2.4 s on paper; halving the first wait saves 0.125 s and gets the praise. For %topic% it is worth asking which of the two is really meant.
)md" },
    TextBlock { Kind::Prose, " story essay explain describe long write text ", R"md(## The longer view

There is an old pattern behind questions such as this one. First a thing is *possible*, and people marvel. Then it is *common*, and people complain that it is slow. Then somebody measures it, finds that two thirds of the time went into something nobody had thought of, and removes that. Somewhere on this road stands %topic%.

What moves it along is seldom a clever idea about `%a%`. It is the patience to watch one case from beginning to end — the request leaving, the silence, the first byte, the steady drip of the rest — and to write down what each moment cost. After that the clever idea is obvious, and usually small.
)md" },
};

constexpr std::array sentences {
    "The user asks about %topic%. ",
    "Let me see what is really wanted here. ",
    "The words that matter seem to be %a% and %b%. ",
    "There are two ways to read this; the plainer one is more likely. ",
    "I could begin with a definition, but an example would be clearer. ",
    "A short list, then some code, would serve better than a wall of prose. ",
    "Is there anything about %c% that I should check first? ",
    "Probably not: the question stands on its own. ",
    "Wait, the order matters: what is given, what is wanted, what it costs. ",
    "A table may help to compare the choices side by side. ",
    "I should say plainly that this is a simulation and that the timings are real. ",
    "Let me also think of the reader who only skims the headings. ",
    "They should still come away with one thing they can do. ",
    "So: be correct first, complete second, and brief where possible. ",
    "Good, that gives a structure. I'll write it down now. ",
};

} // namespace

std::span<const TextBlock> textBlocks()
{
    return blocks;
}

std::span<const char *const> reasoningSentences()
{
    return sentences;
}

} // namespace talkbench::simulator
