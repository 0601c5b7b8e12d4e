// The playground: one conversation to two models side by side.
import { get } from './api.js';
import { streamChat } from './chat-stream.js';
import { fill, h } from './dom.js';
import { count, figure, seen } from './format.js';
import { icon } from './icons.js';
import { attempt } from './notices.js';
import { note } from './router.js';

export function show(root, { query }) {
  document.title = 'Playground · Serverless';
  let turns = [];
  let running = [];
  let following = false;
  const sides = ['a', 'b'].map((name, at) => {
    const select = h('select', { 'aria-label': `${at === 0 ? 'First' : 'Second'} model`, onchange: () => remember() });
    return { name, select };
  });
  const system = h('textarea', { rows: 2, id: 'system', placeholder: 'What the models are told first (optional)' });
  const [temperature, length, seed] = [option('temperature', 'Temperature', '0', '0 to 2'), option('max', 'Tokens, at most', '256', ''), option('seed', 'Seed', '', 'random')];
  const talk = h('div', { class: 'talk', 'aria-live': 'off' });
  const input = h('textarea', { rows: 2, id: 'say', placeholder: 'Write to both models…', 'aria-label': 'Message' });
  const submit = h('button', { class: 'primary', 'aria-label': 'Send' }, icon('send'), 'Send');
  const stop = h('button', { type: 'button', hidden: true, onclick: halt }, icon('stop'), 'Stop');
  const clear = h('button', { type: 'button', class: 'quiet', onclick: () => { halt(); turns = []; draw(); input.focus(); } }, 'New conversation');
  const composer = h('form', { class: 'composer card' }, input, h('div', { class: 'row end' }, clear, stop, submit));
  root.append(h('div', { class: 'head' }, h('h1', {}, 'Playground')),
    h('div', { class: 'pair heads' }, sides.map((side, at) => h('div', { class: `side-${side.name}` }, h('span', { class: 'swatch' }), side.select, at === 1 && h('button', { class: 'small', type: 'button', onclick: swap, title: 'Exchange the two models' }, '⇄')))),
    h('details', { class: 'card setup', open: true }, h('summary', {}, 'Set-up'), h('div', { class: 'field' }, h('label', { for: 'system' }, 'System message'), system), h('div', { class: 'grid' }, temperature, length, seed)),
    talk, composer);

  composer.addEventListener('submit', (event) => { event.preventDefault(); say(); });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); say(); }
  });
  const onKey = (event) => event.key === 'Escape' && halt();
  const onScroll = (event) => { if (event.type === 'touchmove' || event.deltaY < 0) following = false; };
  addEventListener('keydown', onKey);
  for (const name of ['wheel', 'touchmove']) root.addEventListener(name, onScroll, { passive: true });

  function say() {
    const text = input.value.trim();
    if (!text || running.length > 0) return;
    input.value = '';
    const turn = { text, answers: sides.map((side) => ({ model: side.select.value, text: '', reasoning: '', state: 'waiting', begun: performance.now() })) };
    turns.push(turn);
    draw();
    running = turn.answers.map((answer, at) => ask(answer, at));
    busy(true);
    Promise.allSettled(running.map((one) => one.done)).then(() => { running = []; busy(false); });
    following = true;
    follow();
  }

  /** Keeps the newest answers in sight, until somebody scrolls away from them. */
  function follow() {
    if (following) talk.lastElementChild?.scrollIntoView({ block: 'end' });
  }

  function ask(answer, at) {
    const controller = new AbortController();
    const number = (field) => (field.querySelector('input').value.trim() === '' ? undefined : Number(field.querySelector('input').value));
    const messages = [
      ...(system.value.trim() ? [{ role: 'system', content: system.value.trim() }] : []),
      ...turns.flatMap((turn) => [{ role: 'user', content: turn.text }, ...(turn.answers[at] === answer ? [] : [{ role: 'assistant', content: turn.answers[at].text }])]),
    ];
    const request = { model: answer.model, messages, temperature: number(temperature), max_completion_tokens: number(length), seed: number(seed) };
    const onText = (text, thought) => {
      answer.first ??= performance.now();
      answer.state = 'writing';
      answer[thought ? 'reasoning' : 'text'] += text;
      update(answer);
    };
    const done = streamChat(request, { signal: controller.signal, onText })
      .then((end) => Object.assign(answer, { state: 'done', ...end }), (fault) => Object.assign(answer, fault.name === 'AbortError' ? { state: 'stopped' } : { state: 'failed', fault: fault.message }))
      .then(() => { answer.ended = performance.now(); update(answer); });
    return { done, controller };
  }

  function halt() {
    for (const one of running) one.controller.abort();
  }

  function busy(yes) {
    stop.hidden = !yes;
    submit.disabled = yes;
    submit.hidden = yes;
  }

  function draw() {
    clear.hidden = turns.length === 0;
    if (turns.length === 0) {
      fill(talk, h('p', { class: 'empty slim' }, 'What you write goes to both models; each goes on with its own answers.'));
      return;
    }
    talk.replaceChildren(...turns.map((turn) => h('section', { class: 'turn' }, h('p', { class: 'said pre' }, turn.text), h('div', { class: 'pair' }, turn.answers.map((answer, at) => {
      answer.box = h('article', { class: `reply side-${sides[at].name}`, 'aria-label': answer.model });
      update(answer);
      return answer.box;
    })))));
  }

  function update(answer) {
    fill(answer.box, h('h3', {}, h('span', { class: 'swatch' }), answer.model), answer.reasoning && h('details', {}, h('summary', {}, 'Thinking'), h('p', { class: 'pre soft' }, answer.reasoning)),
      h('p', { class: 'pre text' }, answer.state === 'done' ? seen(answer.text) : answer.text, (answer.state === 'waiting' || answer.state === 'writing') && h('span', { class: 'caret' })),
      answer.fault && h('p', { class: 'fault' }, answer.fault), h('p', { class: 'soft number small-print' }, measure(answer)));
    if (answer.box.isConnected) follow();
  }

  function remember() {
    note('play', null, Object.fromEntries(sides.map((side) => [side.name, side.select.value])));
  }

  function swap() {
    const [a, b] = sides.map((side) => side.select);
    [a.value, b.value] = [b.value, a.value];
    remember();
  }

  async function load() {
    const names = (await get('/v1/models')).data.map((model) => model.id);
    for (const side of sides) {
      const wanted = query.get(side.name);
      if (wanted && !names.includes(wanted)) names.push(wanted);
    }
    const tuned = names.find((name) => name.startsWith('ft:'));
    const base = tuned ? names.find((name) => name === tuned.split(':')[1]) : null;
    const first = [query.get('a') ?? base ?? names[0], query.get('b') ?? tuned ?? names[0]];
    sides.forEach((side, at) => {
      fill(side.select, names.map((name) => h('option', { value: name }, name)));
      side.select.value = first[at] ?? '';
    });
    remember();
  }

  draw();
  attempt(load).then(() => input.focus({ preventScroll: true }));
  return () => { halt(); removeEventListener('keydown', onKey); };
}

function option(name, label, value, placeholder) {
  return h('div', { class: 'field' }, h('label', { for: `o-${name}` }, label), h('input', { id: `o-${name}`, value, placeholder, inputmode: 'decimal', autocomplete: 'off' }));
}

function measure(answer) {
  if (answer.state === 'stopped') return 'stopped';
  if (answer.state !== 'done') return '';
  const tokens = answer.usage?.completion_tokens;
  const seconds = (answer.ended - (answer.first ?? answer.ended)) / 1000;
  return [
    tokens && `${count(tokens)} tokens`, answer.first && `first after ${figure((answer.first - answer.begun) / 1000, 2)} s`,
    tokens > 1 && seconds > 0.05 && `${count((tokens - 1) / seconds)} tokens/s`, answer.finish === 'length' && 'cut off at the limit',
  ].filter(Boolean).join(' · ');
}
