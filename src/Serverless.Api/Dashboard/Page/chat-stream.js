// A streamed chat completion (server-sent events over a POST, which EventSource cannot do).
import { Refused, send } from './api.js';

/**
 * Asks a model and hands on its answer while it comes.
 * @param onText called with each piece of text, and whether it is reasoning
 * @returns {Promise<{finish: string|null, usage: object|null}>}
 */
export async function streamChat(request, { signal, onText }) {
  const answer = await send('POST', '/v1/chat/completions', { body: { ...request, stream: true, stream_options: { include_usage: true } }, signal });
  let [finish, usage] = [null, null];
  for await (const data of messages(answer.body)) {
    if (data === '[DONE]') break;
    const piece = JSON.parse(data);
    if (piece.error) throw new Refused(500, piece.error);
    usage = piece.usage ?? usage;
    const choice = piece.choices[0];
    if (!choice) continue;
    finish = choice.finish_reason ?? finish;
    if (choice.delta.reasoning_content) onText(choice.delta.reasoning_content, true);
    if (choice.delta.content) onText(choice.delta.content, false);
    for (const call of choice.delta.tool_calls ?? []) onText(`${call.function?.name ?? ''}${call.function?.arguments ?? ''}`, false);
  }
  return { finish, usage };
}

async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const message of parts) if (message.startsWith('data: ')) yield message.slice(6);
  }
}
