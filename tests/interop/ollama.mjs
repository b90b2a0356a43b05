// `ollama`: chats, tags, show, version.
import assert from "node:assert/strict";

import { picture, throws, thrownBy, weather, weatherArguments, weatherPrompt } from "./report.mjs";

const tools = [
    { type: "function", function: { name: weather.name, description: weather.description, parameters: weather.schema } },
];
const ask = (content, more = {}) => ({ model: "sim-small", messages: [{ role: "user", content }], ...more });

export async function judge({ require, url, lockedUrl, key, report }) {
    const { Ollama } = require("ollama");
    const clientWith = (headers = {}) => new Ollama({ host: url, headers });
    const client = clientWith();
    const create = (body, headers) => clientWith(headers).chat(body);
    const follow = async (body, headers) => {
        const seen = { text: "", thinking: "", calls: [], last: null };
        for await (const line of await clientWith(headers).chat({ ...body, stream: true })) {
            seen.text += line.message.content;
            seen.thinking += line.message.thinking ?? "";
            seen.calls.push(...(line.message.tool_calls ?? []));
            seen.last = line;
        }
        return seen;
    };

    await report("text, whole and streamed", async () => {
        const whole = await create(ask("Explain buffers"));
        assert.match(whole.message.content, /Explain buffers/);
        assert.equal(whole.done_reason, "stop");
        const seen = await follow(ask("Explain buffers"));
        assert.equal(seen.text, whole.message.content);
        assert.equal(seen.last.eval_count, whole.eval_count);
        assert.equal(seen.last.prompt_eval_count, whole.prompt_eval_count);
        assert.ok(seen.last.total_duration > seen.last.eval_duration);
    });
    await report("thinking, on and off", async () => {
        const on = await follow(ask("Why?", { think: true }));
        assert.ok(on.thinking.length > 50);
        assert.equal((await follow(ask("Why?", { think: false }))).thinking, "");
        assert.ok((await create(ask("Why?", { think: "high" }))).message.thinking.length > 50);
    });
    await report("a tool and its answer", async () => {
        const seen = await follow(ask(weatherPrompt, { tools }));
        assert.equal(seen.calls[0].function.name, weather.name);
        assert.deepEqual(seen.calls[0].function.arguments, weatherArguments);
        const next = await create({
            ...ask(weatherPrompt, { tools }),
            messages: [
                { role: "user", content: weatherPrompt },
                { role: "assistant", content: "", tool_calls: seen.calls },
                { role: "tool", content: "Sunny, 23 degrees.", tool_name: weather.name },
            ],
        });
        assert.match(next.message.content, /Sunny, 23 degrees/);
    });
    await report("JSON by a schema, length, and a picture", async () => {
        const answer = await create(ask("Weather in Oslo", { format: weather.schema }));
        assert.deepEqual(JSON.parse(answer.message.content), { city: "Oslo", unit: "celsius" });
        const cut = await follow(ask("Explain buffers", { options: { num_predict: 7 } }));
        assert.equal(cut.last.done_reason, "length");
        assert.equal(cut.last.eval_count, 7);
        const seen = { role: "user", content: "See", images: [picture] };
        assert.ok((await create({ ...ask(""), messages: [seen] })).prompt_eval_count > 200);
    });
    await report("tags, show, version", async () => {
        assert.ok((await client.list()).models.some((model) => model.name === "sim-reasoner"));
        assert.ok((await client.show({ model: "sim-small" })).capabilities.includes("tools"));
        assert.match((await client.version()).version, /^\d+\.\d+\.\d+$/);
    });
    await report("401, 404, 429, 500", async () => {
        const error = await thrownBy(() => create({ ...ask("hi"), model: "llama-0" }));
        const ResponseError = error.constructor;
        assert.equal(ResponseError.name, "ResponseError");
        assert.equal(error.status_code, 404);
        const locked = new Ollama({ host: lockedUrl, headers: { Authorization: "Bearer wrong" } });
        await throws(() => locked.chat(ask("hi")), ResponseError, 401, /unauthorized/);
        const allowed = new Ollama({ host: lockedUrl, headers: { Authorization: `Bearer ${key}` } });
        assert.ok((await allowed.chat(ask("hi"))).done);
        for (const status of [429, 500])
            await throws(() => create(ask("hi"), { "x-sim-error-status": String(status) }), ResponseError, status, /asked to fail/);
    });
    await report("an error in the stream", async () => {
        const error = await thrownBy(() => follow(ask("hi"), { "x-sim-cut": "4:error" }));
        assert.match(error.message, /broke off/);
    });
}
