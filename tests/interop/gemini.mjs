// `@google/genai`: content, whole and streamed, models, token counts.
import assert from "node:assert/strict";

import { picture, throws, weather, weatherArguments, weatherPrompt } from "./report.mjs";

const tools = [
    { functionDeclarations: [{ name: weather.name, description: weather.description, parametersJsonSchema: weather.schema }] },
];
const ask = (contents, config = {}, headers = {}) => ({
    model: "sim-small",
    contents,
    config: { ...config, httpOptions: { headers } },
});

export async function judge({ require, url, lockedUrl, key, report }) {
    const { ApiError, FinishReason, GoogleGenAI, Type } = require("@google/genai");
    const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
    const create = (...given) => client.models.generateContent(ask(...given));
    const follow = async (...given) => {
        const seen = { text: "", thoughts: "", calls: [], last: null, totals: [] };
        for await (const response of await client.models.generateContentStream(ask(...given))) {
            for (const part of response.candidates?.[0]?.content?.parts ?? [])
                seen[part.thought ? "thoughts" : "text"] += part.text ?? "";
            seen.calls.push(...(response.functionCalls ?? []));
            seen.totals.push(response.usageMetadata?.totalTokenCount);
            seen.last = response;
        }
        return seen;
    };

    await report("text, whole and streamed", async () => {
        const whole = await create("Explain buffers", { systemInstruction: "Be kind." });
        assert.match(whole.text, /Explain buffers/);
        assert.equal(whole.candidates[0].finishReason, FinishReason.STOP);
        const seen = await follow("Explain buffers", { systemInstruction: "Be kind." });
        assert.equal(seen.text, whole.text);
        assert.equal(seen.last.candidates[0].finishReason, FinishReason.STOP);
        assert.deepEqual(seen.last.usageMetadata, whole.usageMetadata);
        assert.ok(seen.totals.every((total, i) => i === 0 || total >= seen.totals[i - 1]));
    });
    await report("thoughts, shown and hidden", async () => {
        const headers = { "x-sim-reasoning": "25" };
        const shown = await follow("Why?", { thinkingConfig: { includeThoughts: true } }, headers);
        assert.ok(shown.thoughts.length > 20);
        const hidden = await follow("Why?", {}, headers);
        assert.equal(hidden.thoughts, "");
        assert.equal(hidden.last.usageMetadata.thoughtsTokenCount, 25);
        assert.equal(hidden.text, shown.text);
    });
    await report("a call and its answer", async () => {
        const seen = await follow(weatherPrompt, { tools });
        assert.equal(seen.calls[0].name, weather.name);
        assert.deepEqual(seen.calls[0].args, weatherArguments);
        assert.equal(seen.last.candidates[0].finishReason, FinishReason.STOP);
        const next = await create(
            [
                { role: "user", parts: [{ text: weatherPrompt }] },
                { role: "model", parts: [{ functionCall: seen.calls[0] }] },
                {
                    role: "user",
                    parts: [{ functionResponse: { name: weather.name, response: { output: "Sunny, 23 degrees." } } }],
                },
            ],
            { tools },
        );
        assert.match(next.text, /Sunny, 23 degrees/);
        const forced = await create("Go", { tools, toolConfig: { functionCallingConfig: { mode: "ANY" } } });
        assert.equal(forced.functionCalls.length, 1);
    });
    await report("JSON by a schema, and a picture", async () => {
        const responseSchema = { type: Type.OBJECT, properties: { city: { type: Type.STRING } } };
        const answer = await create(
            [{ text: "Weather in Oslo" }, { inlineData: { mimeType: "image/png", data: picture } }],
            { responseMimeType: "application/json", responseSchema },
        );
        assert.deepEqual(JSON.parse(answer.text), { city: "Oslo" });
        assert.ok(answer.usageMetadata.promptTokenCount > 200);
    });
    await report("length, safety and a blocked prompt", async () => {
        const cut = await follow("Explain buffers", { maxOutputTokens: 7 });
        assert.equal(cut.last.candidates[0].finishReason, FinishReason.MAX_TOKENS);
        assert.equal(cut.last.usageMetadata.candidatesTokenCount, 7);
        const stopped = await follow("Explain buffers", {}, { "x-sim-filter": "5" });
        assert.equal(stopped.last.candidates[0].finishReason, FinishReason.SAFETY);
        for (const blocked of [await create("hi", {}, { "x-sim-filter": "0" }), (await follow("hi", {}, { "x-sim-filter": "0" })).last]) {
            assert.equal(blocked.promptFeedback.blockReason, "SAFETY");
            assert.equal(blocked.candidates, undefined);
        }
    });
    await report("a chat of several turns", async () => {
        const chat = client.chats.create({ model: "sim-small" });
        await chat.sendMessage({ message: "Tell me about otters" });
        assert.match((await chat.sendMessage({ message: "And where do they live?" })).text, /turn 2/);
    });
    await report("models and token counts", async () => {
        const names = [];
        for await (const model of await client.models.list()) names.push(model.name);
        assert.ok(names.includes("models/sim-reasoner"));
        assert.ok((await client.models.get({ model: "sim-small" })).inputTokenLimit > 1000);
        const counted = await client.models.countTokens({ model: "sim-small", contents: "Explain buffers" });
        assert.equal(counted.totalTokens, (await create("Explain buffers")).usageMetadata.promptTokenCount);
    });
    await report("a wrong key, 404, 429, 500", async () => {
        const locked = new GoogleGenAI({ apiKey: "wrong", httpOptions: { baseUrl: lockedUrl } });
        await throws(() => locked.models.generateContent(ask("hi")), ApiError, 400, /API_KEY_INVALID/);
        await throws(() => client.models.generateContent({ ...ask("hi"), model: "gemini-0" }), ApiError, 404, /NOT_FOUND/);
        const limit = { "x-sim-error-status": "429", "x-sim-retry-after": "3" };
        await throws(() => create("hi", {}, limit), ApiError, 429, /"3s".*RESOURCE_EXHAUSTED/);
        await throws(() => create("hi", {}, { "x-sim-error-status": "500" }), ApiError, 500, /INTERNAL/);
        await throws(() => follow("hi", {}, { "x-sim-error-status": "503" }), ApiError, 503, /UNAVAILABLE/);
        await throws(() => create("hi", {}, { "x-sim-context": "2" }), ApiError, 400, /input token count/);
    });
    await report("an error in the stream", () =>
        throws(() => follow("hi", {}, { "x-sim-cut": "4:error", "x-sim-gap": "20" }), ApiError, 500, /broke off/),
    );
}
