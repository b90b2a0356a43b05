// One line a check; a check fails by throwing.
import assert from "node:assert/strict";

export class Report {
    passed = 0;
    failures = [];

    of(judge) {
        return async (what, check) => {
            try {
                await check();
                ++this.passed;
                console.log(`ok    ${judge}: ${what}`);
            } catch (error) {
                this.failures.push(`${judge}: ${what}`);
                console.log(`FAIL  ${judge}: ${what}\n${error?.stack ?? error}`);
            }
        };
    }

    /// The exit code.
    close() {
        console.log(`${this.passed} passed, ${this.failures.length} failed`);
        return this.failures.length ? 1 : 0;
    }
}

export async function thrownBy(action) {
    try {
        await action();
    } catch (error) {
        return error;
    }
    throw new assert.AssertionError({ message: "nothing was thrown" });
}

/// The class, the HTTP status and a word of the message.
export async function throws(action, type, status, says) {
    const error = await thrownBy(action);
    assert.ok(error instanceof type, `${error?.constructor?.name} instead of ${type.name}: ${error?.message}`);
    assert.equal(error.status ?? error.status_code ?? undefined, status);
    assert.match(String(error.message) + String(error.error ?? ""), says);
    return error;
}

export const weather = {
    name: "get_weather",
    description: "The weather at a place.",
    schema: {
        type: "object",
        properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
        required: ["city", "unit"],
        additionalProperties: false,
    },
};
export const weatherPrompt = "What's the weather in Lisbon?";
export const weatherArguments = { city: "Lisbon", unit: "celsius" };
export const picture =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
