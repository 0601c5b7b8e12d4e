// How to call a model, in the languages of OpenAI's clients.
import { fill, h } from './dom.js';
import { copyButton } from './notices.js';

const key = 'YOUR_KEY';

const texts = {
  curl: (base, model) => `curl ${base}/chat/completions \\
  -H 'Content-Type: application/json' -H 'Authorization: Bearer ${key}' \\
  -d '{"model": ${JSON.stringify(model)}, "messages": [{"role": "user", "content": "Hello"}]}'`,
  Python: (base, model) => `from openai import OpenAI

client = OpenAI(base_url="${base}", api_key="${key}")
answer = client.chat.completions.create(
    model=${JSON.stringify(model)},
    messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)`,
  JavaScript: (base, model) => `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}", apiKey: "${key}" });
const answer = await client.chat.completions.create({
  model: ${JSON.stringify(model)},
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`,
  'C#': (base, model) => `var client = new ChatClient(${JSON.stringify(model)}, new ApiKeyCredential("${key}"),
    new OpenAIClientOptions { Endpoint = new Uri("${base}") });
ChatCompletion answer = await client.CompleteChatAsync("Hello");
Console.WriteLine(answer.Content[0].Text);`,
};

export function snippets(model) {
  const [code, tabs, copy] = [h('pre'), h('div', { class: 'segments', role: 'group', 'aria-label': 'Language' }), h('span')];
  const base = `${location.origin}/v1`;
  function choose(name) {
    const text = texts[name](base, model);
    code.textContent = text;
    fill(tabs, Object.keys(texts).map((one) => h('button', { 'aria-pressed': String(one === name), onclick: () => choose(one) }, one)));
    copy.replaceChildren(copyButton(text));
  }
  choose('curl');
  return h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, 'Call it'), h('div', { class: 'row' }, tabs, copy)), code);
}
