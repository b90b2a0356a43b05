// `openai`'s AzureOpenAI: the same answers under a deployment's URL, with the filter's findings.
import assert from "node:assert/strict";

import { answers, failures } from "./openai.mjs";

export async function judge({ require, url, lockedUrl, key, report }) {
    const OpenAI = require("openai").default;
    const { AzureOpenAI } = require("openai");
    const options = { apiVersion: "2024-12-01-preview", deployment: "sim-small", maxRetries: 0 };
    const client = new AzureOpenAI({ endpoint: url, apiKey: key, ...options });
    const locked = new AzureOpenAI({ endpoint: lockedUrl, apiKey: "wrong", ...options });
    const ask = { model: "sim-small", messages: [{ role: "user", content: "hi" }] };
    await answers(client, report);
    await report("the filter's findings", async () => {
        const whole = await client.chat.completions.create(ask);
        assert.equal(whole.prompt_filter_results[0].content_filter_results.hate.filtered, false);
        let chunks = 0;
        let rated = 0;
        for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
            if (chunks++ === 0) assert.ok(chunk.prompt_filter_results && chunk.choices.length === 0);
            rated += chunk.choices[0]?.content_filter_results ? 1 : 0;
        }
        assert.ok(rated > 3);
    });
    // Azure names the model by the deployment in the URL, so that a wrong model is a wrong deployment.
    const other = new AzureOpenAI({ endpoint: url, apiKey: key, ...options, deployment: "gpt-0" });
    const wrong = Object.create(client, {
        chat: { value: { completions: { create: (body, more) => (body.model === "gpt-0" ? other : client).chat.completions.create(body, more) } } },
        withOptions: { value: () => new AzureOpenAI({ endpoint: url, apiKey: key, ...options, maxRetries: 3 }) },
    });
    await failures({ client: wrong, locked, errors: OpenAI, report });
}
