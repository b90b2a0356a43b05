// `@anthropic-ai/sdk`: Messages, models, token counts.
import assert from "node:assert/strict";

import { picture, throws, weather, weatherArguments, weatherPrompt } from "./report.mjs";

const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
const ask = (content, more = {}) => ({
    model: "sim-small",
    max_tokens: 4000,
    messages: [{ role: "user", content }],
    ...more,
});
const textOf = (message) => message.content.map((block) => block.text ?? "").join("");

export async function judge({ require, url, lockedUrl, key, report }) {
    const Anthropic = require("@anthropic-ai/sdk").default;
    const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
    const create = (body, headers) => client.messages.create(body, { headers });
    const follow = (body, headers) => client.messages.stream(body, { headers }).finalMessage();

    await report("text, whole and streamed", async () => {
        const whole = await create(ask("Explain buffers", { system: "Be kind." }));
        assert.match(textOf(whole), /Explain buffers/);
        assert.equal(whole.stop_reason, "end_turn");
        const seen = await follow(ask("Explain buffers", { system: "Be kind." }));
        assert.equal(textOf(seen), textOf(whole));
        assert.equal(seen.stop_reason, "end_turn");
        assert.equal(seen.usage.output_tokens, whole.usage.output_tokens);
        assert.equal(seen.usage.input_tokens, whole.usage.input_tokens);
    });
    await report("thinking with its signature, and hidden", async () => {
        const body = ask("Why?", { thinking: { type: "enabled", budget_tokens: 1024 } });
        const seen = await follow(body);
        assert.equal(seen.content[0].type, "thinking");
        assert.ok(seen.content[0].thinking.length > 50 && seen.content[0].signature.length > 20);
        assert.equal(seen.content[1].type, "text");
        const whole = await create(body);
        assert.deepEqual(whole.content[0], seen.content[0]);
        const hidden = await follow(ask("Why?", { thinking: { type: "adaptive", display: "omitted" } }));
        assert.equal(hidden.content[0].thinking, "");
        assert.ok(hidden.content[0].signature);
    });
    await report("a tool and its answer", async () => {
        const seen = await follow(ask(weatherPrompt, { tools }));
        assert.equal(seen.stop_reason, "tool_use");
        assert.equal(seen.content[0].name, weather.name);
        assert.deepEqual(seen.content[0].input, weatherArguments);
        const result = { type: "tool_result", tool_use_id: seen.content[0].id, content: "Sunny, 23 degrees." };
        const next = await create({
            ...ask(weatherPrompt, { tools }),
            messages: [
                { role: "user", content: weatherPrompt },
                { role: "assistant", content: seen.content },
                { role: "user", content: [result] },
            ],
        });
        assert.equal(next.stop_reason, "end_turn");
        assert.match(textOf(next), /Sunny, 23 degrees/);
    });
    await report("the cache's classes are disjoint", async () => {
        const plain = await create(ask("Explain the cache of a processor"));
        const headers = { "x-sim-cache-read": "4", "x-sim-cache-write": "3" };
        const { usage } = await follow(ask("Explain the cache of a processor"), headers);
        assert.equal(usage.cache_read_input_tokens, 4);
        assert.equal(usage.cache_creation_input_tokens, 3);
        assert.equal(usage.input_tokens + 7, plain.usage.input_tokens);
    });
    await report("length, stop sequence and refusal", async () => {
        const cut = await create(ask("Explain buffers", { max_tokens: 7 }));
        assert.equal(cut.stop_reason, "max_tokens");
        assert.equal(cut.usage.output_tokens, 7);
        const stopped = await follow(ask("Explain buffers", { stop_sequences: ["##"] }));
        assert.equal(stopped.stop_reason, "stop_sequence");
        assert.equal(stopped.stop_sequence, "##");
        assert.equal((await create(ask("hi"), { "x-sim-refusal": "on" })).stop_reason, "refusal");
    });
    await report("models and token counts, with a picture", async () => {
        const names = [];
        for await (const model of client.models.list({ limit: 100 })) names.push(model.id);
        assert.ok(names.includes("sim-reasoner"));
        assert.equal((await client.models.retrieve("sim-small")).type, "model");
        const source = { type: "base64", media_type: "image/png", data: picture };
        const content = [{ type: "image", source }, { type: "text", text: "See" }];
        const { max_tokens: _, ...counted } = ask(content);
        const { input_tokens } = await client.messages.countTokens(counted);
        assert.ok(input_tokens > 200);
        assert.equal((await create(ask(content))).usage.input_tokens, input_tokens);
    });
    await report("401, 404, 429, 500, 529", async () => {
        const locked = new Anthropic({ baseURL: lockedUrl, apiKey: "wrong", maxRetries: 0 });
        await throws(() => locked.messages.create(ask("hi")), Anthropic.AuthenticationError, 401, /x-api-key/);
        await throws(() => create({ ...ask("hi"), model: "claude-0" }), Anthropic.NotFoundError, 404, /model: claude-0/);
        const limited = await throws(
            () => create(ask("hi"), { "x-sim-error-status": "429", "x-sim-retry-after": "3", "x-sim-rate-limit": "10" }),
            Anthropic.RateLimitError,
            429,
            /rate_limit_error/,
        );
        assert.equal(limited.headers.get("anthropic-ratelimit-requests-limit"), "10");
        assert.ok(Date.parse(limited.headers.get("anthropic-ratelimit-requests-reset")) > Date.now() - 1000);
        await throws(() => create(ask("hi"), { "x-sim-error-status": "500" }), Anthropic.InternalServerError, 500, /api_error/);
        await throws(() => create(ask("hi"), { "x-sim-error-status": "529" }), Anthropic.APIError, 529, /overloaded_error/);
        await throws(() => create(ask("hi"), { "x-sim-context": "2" }), Anthropic.BadRequestError, 400, /prompt is too long/);
    });
    await report("an error in the stream", () =>
        throws(() => follow(ask("hi"), { "x-sim-cut": "4:error" }), Anthropic.APIError, undefined, /broke off/),
    );
}
