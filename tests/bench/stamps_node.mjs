// A peer for `talkbench calibrate`: N concurrent streams through the official `openai` SDK, each chunk stamped on arrival.
// usage: node stamps_node.mjs BASE_URL STREAMS TOKENS GAP_MS  →  the same JSON object as stamps_curl
import { createRequire } from 'node:module';
const require = createRequire(process.env.BENCH_NODE_MODULES + '/');
const OpenAI = require('openai').default ?? require('openai');

const [base, streams, tokens, gap] = process.argv.slice(2);
const client = new OpenAI({ baseURL: base + '/v1', apiKey: 'none', maxRetries: 0 });

async function one() {
  const { data, response } = await client.chat.completions
    .create(
      { model: 'sim-small', stream: true, max_tokens: Number(tokens), messages: [{ role: 'user', content: 'Write 5000 words.' }] },
      { headers: { 'x-sim-gap': 'constant:' + gap } })
    .withResponse();
  const stamps = [];
  for await (const chunk of data) {
    const ns = process.hrtime.bigint();
    if (chunk.choices[0]?.delta?.content) stamps.push(ns);
  }
  return [response.headers.get('x-sim-id'), stamps];
}

const all = await Promise.all(Array.from({ length: Number(streams) }, one));
const used = process.resourceUsage();
const body = all.map(([id, stamps]) => `"${id}": [${stamps.join(',')}]`).join(', ');
console.log(`{"streams": {${body}}, "cpu_s": ${(used.userCPUTime + used.systemCPUTime) / 1e6}, "rss_mb": ${used.maxRSS / 1024}}`);
