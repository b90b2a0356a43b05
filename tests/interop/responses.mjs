// `openai`: Responses.
import assert from "node:assert/strict";

import { picture, throws, thrownBy, weather, weatherArguments, weatherPrompt } from "./report.mjs";

const tools = [
    { type: "function", name: weather.name, description: weather.description, parameters: weather.schema, strict: true },
];
const ask = (input, more = {}) => ({ model: "sim-small", input, ...more });

/// The final response, with the names of all events and the texts of the deltas.
async function follow(client, body, headers) {
    const stream = client.responses.stream(body, { headers });
    const seen = { names: [], text: "", sequence: [] };
    for await (const event of stream) {
        seen.names.push(event.type);
        seen.sequence.push(event.sequence_number);
        if (event.type === "response.output_text.delta") seen.text += event.delta;
    }
    return { ...seen, response: await stream.finalResponse() };
}

export async function judge({ require, url, lockedUrl, key, report }) {
    const OpenAI = require("openai").default;
    const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
    const create = (body, headers) => client.responses.create(body, { headers });

    await report("text, whole and streamed", async () => {
        const whole = await create(ask("Explain buffers", { instructions: "Be kind." }));
        assert.match(whole.output_text, /Explain buffers/);
        assert.equal(whole.status, "completed");
        assert.equal(whole.usage.total_tokens, whole.usage.input_tokens + whole.usage.output_tokens);
        const seen = await follow(client, ask("Explain buffers", { instructions: "Be kind." }));
        assert.equal(seen.text, whole.output_text);
        assert.equal(seen.response.output_text, whole.output_text);
        assert.deepEqual(seen.response.usage, whole.usage);
        assert.deepEqual(seen.sequence, seen.sequence.map((_, i) => i));
        for (const name of ["created", "in_progress", "output_item.added", "content_part.added", "output_text.done",
            "content_part.done", "output_item.done", "completed"])
            assert.ok(seen.names.includes("response." + name), name);
    });
    await report("a call and its answer", async () => {
        const seen = await follow(client, ask(weatherPrompt, { tools }));
        const call = seen.response.output.find((item) => item.type === "function_call");
        assert.equal(call.name, weather.name);
        assert.deepEqual(JSON.parse(call.arguments), weatherArguments);
        const next = await create(
            ask(
                [
                    { role: "user", content: weatherPrompt },
                    call,
                    { type: "function_call_output", call_id: call.call_id, output: "Sunny, 23 degrees." },
                ],
                { tools },
            ),
        );
        assert.match(next.output_text, /Sunny, 23 degrees/);
    });
    await report("reasoning, shown and hidden", async () => {
        const headers = { "x-sim-reasoning": "25" };
        const shown = await follow(client, ask("Why?", { reasoning: { summary: "auto" } }), headers);
        assert.equal(shown.response.output[0].type, "reasoning");
        assert.ok(shown.response.output[0].summary[0].text.length > 20);
        assert.ok(shown.names.includes("response.reasoning_summary_text.delta"));
        assert.equal(shown.response.usage.output_tokens_details.reasoning_tokens, 25);
        const hidden = await create(ask("Why?", { include: ["reasoning.encrypted_content"] }), headers);
        assert.deepEqual(hidden.output[0].summary, []);
        assert.ok(hidden.output[0].encrypted_content);
        assert.equal(hidden.usage.output_tokens_details.reasoning_tokens, 25);
    });
    await report("length, refusal and filter", async () => {
        const cut = await create(ask("Explain buffers", { max_output_tokens: 16 }));
        assert.equal(cut.status, "incomplete");
        assert.equal(cut.incomplete_details.reason, "max_output_tokens");
        const seen = await follow(client, ask("Explain buffers"), { "x-sim-filter": "5" });
        assert.equal(seen.names.at(-1), "response.incomplete");
        assert.equal(seen.response.incomplete_details.reason, "content_filter");
        const refused = await follow(client, ask("Explain buffers"), { "x-sim-refusal": "on" });
        assert.match(refused.response.output[0].content[0].refusal, /can't help/);
    });
    await report("JSON by a schema, and a picture", async () => {
        const format = { type: "json_schema", name: "w", strict: true, schema: weather.schema };
        const content = [
            { type: "input_text", text: "Weather in Oslo" },
            { type: "input_image", image_url: `data:image/png;base64,${picture}`, detail: "auto" },
        ];
        const answer = await client.responses.parse(ask([{ role: "user", content }], { text: { format } }));
        assert.deepEqual(JSON.parse(answer.output_text), { city: "Oslo", unit: "celsius" });
        assert.ok(answer.usage.input_tokens > 200);
    });
    const errors = OpenAI;
    await report("401, 400, 429, 500", async () => {
        const locked = new OpenAI({ baseURL: lockedUrl + "/v1", apiKey: "wrong", maxRetries: 0 });
        await throws(() => locked.responses.create(ask("hi")), errors.AuthenticationError, 401, /key/);
        const wrong = await throws(() => create({ ...ask("hi"), model: "gpt-0" }), errors.BadRequestError, 400, /gpt-0/);
        assert.equal(wrong.code, "model_not_found");
        await throws(() => create(ask("hi"), { "x-sim-error-status": "429" }), errors.RateLimitError, 429, /429/);
        await throws(() => create(ask("hi"), { "x-sim-error-status": "500" }), errors.InternalServerError, 500, /500/);
    });
    await report("an error in the stream", async () => {
        const headers = { "x-sim-cut": "4:error" };
        const events = [];
        for await (const event of await client.responses.create(ask("hi", { stream: true }), { headers })) events.push(event);
        const [told, failed] = events.slice(-2);
        assert.equal(told.type, "error");
        assert.equal(told.code, "server_error");
        assert.equal(failed.type, "response.failed");
        assert.equal(failed.response.error.code, "server_error");
        // The SDK's helper rejects with the event itself, whatever sends it.
        assert.match((await thrownBy(() => follow(client, ask("hi"), headers))).message, /broke off/);
    });
}
