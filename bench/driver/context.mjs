// The same script in Node: a new vm context for each call, the script compiled once. What people do who isolate tools in
// one Node process; a context shares the process and is no sandbox.
//
//   node context.mjs SCRIPT REQUEST CALLS
//
// SCRIPT is the worker bundled as `var worker = …`. Prints {"fresh_call_us":{"p50":…},"answer":…}.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [path, requestPath, calls] = process.argv.slice(2);
const script = new vm.Script(readFileSync(path, "utf8"), { filename: "worker.js" });
const request = readFileSync(requestPath, "utf8");

async function call() {
  const context = vm.createContext({ URL, URLSearchParams, TextEncoder, TextDecoder, structuredClone, setTimeout, console });
  script.runInContext(context);
  const { name, arguments: values, context: about } = JSON.parse(request);
  return JSON.stringify(await context.worker.default.tools[name](values, about));
}

const count = Number(calls);
for (let index = 0; index < count / 10; index++) await call();
const samples = [];
let answer;
for (let index = 0; index < count; index++) {
  const start = process.hrtime.bigint();
  answer = await call();
  samples.push(Number(process.hrtime.bigint() - start) / 1000);
}
samples.sort((a, b) => a - b);
const at = (part) => samples[Math.floor(count * part)];
console.log(JSON.stringify({ calls: count, fresh_call_us: { p50: at(0.5), p90: at(0.9), p99: at(0.99) }, answer }));
