// `openai`: chat completions and the list of models.
import assert from "node:assert/strict";

import { picture, throws, weather, weatherArguments, weatherPrompt } from "./report.mjs";

const tools = [
    { type: "function", function: { name: weather.name, description: weather.description, parameters: weather.schema } },
];
const ask = (content, more = {}) => ({ model: "sim-small", messages: [{ role: "user", content }], ...more });

async function collect(stream) {
    const seen = { text: "", reasoning: "", finish: null, usage: null };
    for await (const chunk of stream) {
        seen.text += chunk.choices[0]?.delta.content ?? "";
        seen.reasoning += chunk.choices[0]?.delta.reasoning_content ?? "";
        seen.finish = chunk.choices[0]?.finish_reason ?? seen.finish;
        seen.usage = chunk.usage ?? seen.usage;
    }
    return seen;
}

export async function answers(client, report) {
    const chat = client.chat.completions;
    const usage = { stream: true, stream_options: { include_usage: true } };

    await report("text, whole and streamed", async () => {
        const whole = await chat.create(ask("Explain buffers"));
        assert.match(whole.choices[0].message.content, /Explain buffers/);
        assert.equal(whole.choices[0].finish_reason, "stop");
        assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
        const seen = await collect(await chat.create(ask("Explain buffers", usage)));
        assert.equal(seen.text, whole.choices[0].message.content);
        assert.equal(seen.finish, "stop");
        assert.deepEqual(seen.usage, whole.usage);
    });
    await report("a tool call, streamed", async () => {
        const stream = chat.stream(ask(weatherPrompt, { tools }));
        const [choice] = (await stream.finalChatCompletion()).choices;
        assert.equal(choice.finish_reason, "tool_calls");
        assert.equal(choice.message.tool_calls[0].function.name, weather.name);
        assert.deepEqual(JSON.parse(choice.message.tool_calls[0].function.arguments), weatherArguments);
    });
    await report("the SDK's own loop of tools", async () => {
        let called = null;
        const runner = chat.runTools(
            ask(weatherPrompt, {
                tools: [
                    {
                        type: "function",
                        function: {
                            ...tools[0].function,
                            parse: JSON.parse,
                            function: (given) => ((called = given), "Sunny, 23 degrees."),
                        },
                    },
                ],
            }),
        );
        assert.match(await runner.finalContent(), /Sunny, 23 degrees/);
        assert.deepEqual(called, weatherArguments);
    });
    await report("several calls, a forced one, none", async () => {
        const two = await chat.create(ask("Go", { tools }), { headers: { "x-sim-tool-calls": "2" } });
        assert.equal(two.choices[0].message.tool_calls.length, 2);
        const forced = await chat.create(ask("Go", { tools, tool_choice: "required" }));
        assert.equal(forced.choices[0].finish_reason, "tool_calls");
        const none = await chat.create(ask(weatherPrompt, { tools, tool_choice: "none" }));
        assert.equal(none.choices[0].finish_reason, "stop");
    });
    await report("JSON by a schema", async () => {
        const format = { type: "json_schema", json_schema: { name: "w", strict: true, schema: weather.schema } };
        const answer = await chat.parse(ask("Weather in Oslo as JSON", { response_format: format }));
        assert.deepEqual(JSON.parse(answer.choices[0].message.content), { city: "Oslo", unit: "celsius" });
    });
    await report("length, refusal and filter", async () => {
        const cut = await chat.create(ask("Explain buffers", { max_completion_tokens: 7 }));
        assert.equal(cut.choices[0].finish_reason, "length");
        assert.equal(cut.usage.completion_tokens, 7);
        const refused = await chat.create(ask("Explain buffers"), { headers: { "x-sim-refusal": "on" } });
        assert.match(refused.choices[0].message.refusal, /can't help/);
        const filtered = await collect(
            await chat.create(ask("Explain buffers", usage), { headers: { "x-sim-filter": "5" } }),
        );
        assert.equal(filtered.finish, "content_filter");
    });
    await report("pictures count, reasoning and the cache are told", async () => {
        const plain = await chat.create(ask("See"));
        const parts = [
            { type: "text", text: "See" },
            { type: "image_url", image_url: { url: `data:image/png;base64,${picture}` } },
        ];
        const seen = await chat.create(ask(parts), { headers: { "x-sim-cache-read": "100" } });
        assert.ok(seen.usage.prompt_tokens > plain.usage.prompt_tokens + 100);
        assert.equal(seen.usage.prompt_tokens_details.cached_tokens, 100);
        const thought = await collect(
            await chat.create(ask("Why?", usage), { headers: { "x-sim-reasoning": "20" } }),
        );
        assert.ok(thought.reasoning.length > 20);
        assert.equal(thought.usage.completion_tokens_details.reasoning_tokens, 20);
    });
}

export async function failures({ client, locked, errors, report }) {
    const chat = client.chat.completions;
    const failing = (headers, more) => chat.create(ask("hi", more), { headers });
    await report("401", () => throws(() => locked.chat.completions.create(ask("hi")), errors.AuthenticationError, 401, /./));
    await report("404", () =>
        throws(() => chat.create({ ...ask("hi"), model: "gpt-0" }), errors.NotFoundError, 404, /does not exist/),
    );
    await report("429 with Retry-After and rate limits", async () => {
        const error = await throws(
            () => failing({ "x-sim-error-status": "429", "x-sim-retry-after": "3", "x-sim-rate-limit": "10" }),
            errors.RateLimitError,
            429,
            /429/,
        );
        assert.equal(error.headers.get("retry-after"), "3");
        assert.equal(error.headers.get("x-ratelimit-limit-requests"), "10");
    });
    await report("500 and 400", async () => {
        await throws(() => failing({ "x-sim-error-status": "500" }), errors.InternalServerError, 500, /500/);
        const long = await throws(() => failing({ "x-sim-context": "2" }), errors.BadRequestError, 400, /context length/);
        assert.equal(long.code, "context_length_exceeded");
        const blocked = await throws(() => failing({ "x-sim-filter": "0" }), errors.BadRequestError, 400, /filter/);
        assert.equal(blocked.code, "content_filter");
    });
    await report("the SDK's own retry", async () => {
        const answer = await client
            .withOptions({ maxRetries: 3 })
            .chat.completions.create(ask("hi"), { headers: { "x-sim-error-rate": "0.5", "x-sim-retry-after": "0" } });
        assert.equal(answer.choices[0].finish_reason, "stop");
    });
    await report("an error in the stream", () =>
        throws(
            async () => collect(await failing({ "x-sim-cut": "4:error" }, { stream: true })),
            errors.APIError,
            undefined,
            /broke off/,
        ),
    );
}

export async function judge({ require, url, lockedUrl, key, report }) {
    const OpenAI = require("openai").default;
    const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
    const locked = new OpenAI({ baseURL: lockedUrl + "/v1", apiKey: "wrong", maxRetries: 0 });
    await answers(client, report);
    await report("the models", async () => {
        const names = [];
        for await (const model of client.models.list()) names.push(model.id);
        assert.ok(names.includes("sim-reasoner"));
        assert.equal((await client.models.retrieve("sim-small")).id, "sim-small");
    });
    await report("the right key", async () => {
        const allowed = locked.withOptions({ apiKey: key });
        assert.ok((await allowed.models.list()).data.length > 0);
    });
    await failures({ client, locked, errors: OpenAI, report });
}
