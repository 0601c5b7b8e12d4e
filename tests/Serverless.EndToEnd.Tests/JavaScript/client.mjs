// What OpenAI's own client makes of a running head: node client.mjs URL HOOK_PORT HOOK_SECRET FOLDER MODULES. Prints one line for each part that holds; fails at the first that does not.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [url, hookPort, hookSecret, folder, modules] = process.argv.slice(2);
const { default: OpenAI, toFile, NotFoundError, BadRequestError } = await import(pathToFileURL(path.join(modules, "openai", "index.mjs")));
const client = new OpenAI({ baseURL: `${url}v1`, apiKey: "any", maxRetries: 0, webhookSecret: hookSecret });
const holds = (what) => console.log(`holds: ${what}`);

// The endpoint that is told when jobs end. It refuses the first message, which the service then sends again.
const told = [];
const hook = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    told.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
    response.statusCode = told.length === 1 ? 500 : 204;
    response.end();
  });
});
await new Promise((listens) => hook.listen(Number(hookPort), "127.0.0.1", listens));

const lines = fs.readFileSync(path.join(folder, "train.jsonl"), "utf8");

// Files: a stream, a buffer, content, pages.
const posted = await client.files.create({ file: fs.createReadStream(path.join(folder, "train.jsonl")), purpose: "fine-tune" });
assert.equal(posted.filename, "train.jsonl");
assert.equal(posted.bytes, Buffer.byteLength(lines));
assert.equal(await (await client.files.content(posted.id)).text(), lines);
const brief = await client.files.create({
  file: await toFile(Buffer.from("soon gone"), "ä b.txt"), purpose: "user_data", expires_after: { anchor: "created_at", seconds: 3600 } });
assert.equal(brief.filename, "ä b.txt");
assert.equal(brief.expires_at, brief.created_at + 3600);
assert.equal((await client.files.waitForProcessing(posted.id, { pollInterval: 200 })).status, "processed");
holds("files");

// Uploads in parts, sent at the same time, completed in the order of their ids.
const content = Buffer.alloc(9 * 1024 * 1024 + 5, "0123456789");
const upload = await client.uploads.create({ filename: "big.txt", purpose: "user_data", bytes: content.length, mime_type: "text/plain" });
assert.equal(upload.status, "pending");
const cuts = [0, 4 * 1024 * 1024 + 1, 5 * 1024 * 1024, content.length];
const parts = await Promise.all(cuts.slice(1).map(async (end, at) =>
  client.uploads.parts.create(upload.id, { data: await toFile(content.subarray(cuts[at], end), "part") })));
const completed = await client.uploads.complete(upload.id, { part_ids: parts.map((part) => part.id) });
assert.equal(completed.status, "completed");
assert.ok(Buffer.from(await (await client.files.content(completed.file.id)).arrayBuffer()).equals(content));
const given = await client.uploads.create({ filename: "b.txt", purpose: "user_data", bytes: 1, mime_type: "text/plain" });
assert.equal((await client.uploads.cancel(given.id)).status, "cancelled");
holds("uploads");

// Paging by the client's own iteration, a page of one at a time.
const ids = [];
for await (const file of client.files.list({ limit: 1 })) ids.push(file.id);
assert.deepEqual(new Set(ids), new Set([posted.id, brief.id, completed.file.id]));
assert.equal(ids.length, 3);
holds("paging");

// Errors as the client's own classes, with OpenAI's fields.
await assert.rejects(client.files.retrieve("file-none"), (error) =>
  error instanceof NotFoundError && error.status === 404 && error.param === "id" && error.type === "invalid_request_error"
  && error.message === "404 No such File object: file-none" && /^req_/.test(error.requestID));
await assert.rejects(client.fineTuning.jobs.create({ model: "tiny", training_file: "file-none" }), (error) =>
  error instanceof BadRequestError && error.param === "training_file" && error.message === "400 invalid training_file: file-none");
await assert.rejects(client.chat.completions.create({ model: "nobody", messages: [{ role: "user", content: "hi" }] }), (error) =>
  error instanceof NotFoundError && error.code === "model_not_found");
await assert.rejects(client.embeddings.create({ model: "tiny", input: "hi" }), (error) => error instanceof NotFoundError && error.code === "not_offered");
holds("errors");

// Chat: at once, as a stream with its usage, and by the client's accumulating helper.
const ask = { model: "tiny", messages: [{ role: "user", content: "my card was charged twice" }], max_tokens: 6, seed: 3, temperature: 0 };
const whole = await client.chat.completions.create(ask);
let streamed = "";
let usage = null;
for await (const chunk of await client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } })) {
  assert.equal(chunk.object, "chat.completion.chunk");
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(streamed, whole.choices[0].message.content);
assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [whole.usage.prompt_tokens, whole.usage.completion_tokens]);
assert.equal((await client.chat.completions.stream(ask).finalChatCompletion()).choices[0].message.content, streamed);
let text = "";
for await (const chunk of await client.completions.create({ model: "tiny", prompt: "the parcel", max_tokens: 4, temperature: 0, stream: true })) text += chunk.choices[0]?.text ?? "";
assert.equal(text, (await client.completions.create({ model: "tiny", prompt: "the parcel", max_tokens: 4, temperature: 0 })).choices[0].text);
holds("streaming");

// A job: its dry run, its life, and what a repeated creation gives.
const request = { model: "tiny", training_file: posted.id, seed: 7, method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 1, batch_size: 4 } } } };
const dry = await client.post("/fine_tuning/jobs", { body: request, query: { dry_run: true } });
assert.equal(dry.object, "fine_tuning.job.dry_run");
const once = { headers: { "Idempotency-Key": "the job" } };
const job = await client.fineTuning.jobs.create(request, once);
assert.equal((await client.fineTuning.jobs.create(request, once)).id, job.id);
let now = job;
while (!["succeeded", "failed", "cancelled"].includes(now.status)) {
  await new Promise((passed) => setTimeout(passed, 200));
  now = await client.fineTuning.jobs.retrieve(job.id);
}
assert.equal(now.status, "succeeded", JSON.stringify(now.error));
assert.deepEqual(now.method, dry.method);
const jobs = [];
for await (const one of client.fineTuning.jobs.list({ limit: 1 })) jobs.push(one.id);
assert.deepEqual(jobs, [job.id]);
// What the end leaves is cleared between the status and the event that tells of it.
let events = [];
for (let tries = 0; tries < 300 && !events.includes("The job has successfully completed"); tries++) {
  if (tries > 0) await new Promise((passed) => setTimeout(passed, 200));
  events = [];
  for await (const event of client.fineTuning.jobs.listEvents(job.id, { limit: 2 })) events.push(event.message);
}
assert.ok(events.includes("The job has successfully completed"));
const checkpoints = [];
for await (const checkpoint of client.fineTuning.jobs.checkpoints.list(job.id)) checkpoints.push(checkpoint);
assert.equal(checkpoints[0].step_number, dry.total_steps);
assert.equal((await client.models.retrieve(now.fine_tuned_model)).owned_by, "local");
assert.ok((await client.chat.completions.create({ ...ask, model: now.fine_tuned_model })).choices.length === 1);
const cancelled = await client.fineTuning.jobs.cancel((await client.fineTuning.jobs.create(request)).id);
assert.equal(cancelled.status, "cancelled");
holds("jobs");

// Webhooks, verified by the client: the message that was refused comes again under the same id and in the same bytes.
while (told.length < 3) await new Promise((passed) => setTimeout(passed, 200));
const unwrapped = [];
for (const message of told) unwrapped.push(await client.webhooks.unwrap(message.body, message.headers));
assert.deepEqual(unwrapped.map((event) => event.type).sort(), ["fine_tuning.job.cancelled", "fine_tuning.job.succeeded", "fine_tuning.job.succeeded"]);
const succeeded = told.filter((_, at) => unwrapped[at].type === "fine_tuning.job.succeeded");
assert.equal(succeeded[0].headers["webhook-id"], succeeded[1].headers["webhook-id"]);
assert.equal(succeeded[0].body, succeeded[1].body);
assert.equal(JSON.parse(succeeded[0].body).data.id, job.id);
await assert.rejects(client.webhooks.unwrap(told[0].body.replace("succeeded", "failed"), told[0].headers));
holds("webhooks");
hook.close();
