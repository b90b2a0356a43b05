// Starts the simulator, runs every judge against it, and says what each of them saw.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

import { Report } from "./report.mjs";

const [program, sdks, ...chosen] = process.argv.slice(2);
const judges = ["openai", "responses", "azure", "anthropic", "gemini", "ollama"];
const key = "sim-key-of-the-interop-run";

async function startSimulator(...knobs) {
    const child = spawn(program, ["simulate", "--port", "0", "--exit-with-stdin", "--ttft", "5", "--gap", "1", ...knobs], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
        const url = line.match(/http:\/\/[\d.]+:\d+/);
        if (url) return { url: url[0], stop: () => child.stdin.end() };
    }
    throw new Error("the simulator did not start");
}

const require = createRequire(sdks + "/");
const open = await startSimulator();
const locked = await startSimulator("--require-key", key);
const report = new Report();
for (const name of chosen.length ? chosen : judges) {
    const { judge } = await import(`./${name}.mjs`);
    await judge({ require, url: open.url, lockedUrl: locked.url, key, report: report.of(name) });
}
open.stop();
locked.stop();
process.exitCode = report.close();
