// What a run will take, before it starts.
import { fill, h } from './dom.js';
import { bytes, count, duration, figure, money } from './format.js';

/** Draws the answer of a dry run, or the error that it met, into an element. */
export function drawDryRun(target, { answer, fault, waiting }) {
  if (waiting) {
    target.classList.add('stale');
    return;
  }
  target.classList.remove('stale');
  if (fault) fill(target, h('h2', {}, 'Not yet'), h('p', { class: 'fault pre' }, fault.message), fault.param && !fault.message.includes(fault.param) && h('p', { class: 'soft' }, 'It is about ', h('code', {}, fault.param), '.'));
  else if (!answer) fill(target, h('h2', {}, 'What it will take'), h('p', { class: 'soft' }, 'Choose a model and a training file.'));
  else fill(target, h('h2', {}, 'What it will take'), big(answer), facts(answer), warnings(answer), settings(answer));
}

function big(answer) {
  const cell = (value, label, title = null) => h('div', { title }, h('b', { class: 'number' }, value), h('span', { class: 'soft' }, label));
  const cost = answer.cost?.amount;
  return h('div', { class: 'big' }, cell(answer.estimated_seconds == null ? '–' : answer.estimated_seconds < 1 ? '< 1 s' : `~${duration(answer.estimated_seconds)}`, 'time'),
    cost != null && cell(money(cost, answer.cost.currency), 'cost', answer.cost.computed ?? null),
    cell(bytes(answer.peak_memory_bytes), 'memory'));
}

function facts(answer) {
  const file = (one) => one && `${count(one.examples)} examples, ${count(one.tokens)} tokens`;
  const pairs = [
    ['Training', file(answer.training_file) ?? (answer.examples == null ? null : `${count(answer.examples)} examples`)],
    ['Validation', file(answer.validation_file)],
    ['Longest example', answer.training_file?.longest_example_tokens && `${count(answer.training_file.longest_example_tokens)} tokens`],
    ['Steps', answer.total_steps && `${count(answer.total_steps)}${answer.steps_per_epoch ? `, ${count(answer.steps_per_epoch)} an epoch` : ''}`],
    ['Trained tokens', answer.total_tokens && `${answer.tokens_are_estimated ? 'about ' : ''}${count(answer.total_tokens)}`],
  ];
  return h('dl', { class: 'pairs' }, pairs.filter(([, value]) => value).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', { class: 'number' }, value))));
}

function warnings(answer) {
  const all = answer.warnings ?? [];
  return all.length > 0 && h('ul', { class: 'notes' }, all.map((one) => h('li', { class: 'pre' }, typeof one === 'string' ? one : one.message)));
}

function settings(answer) {
  const pairs = { ...answer.hyperparameters, ...Object.fromEntries(Object.entries(answer.method?.adapter ?? {}).map(([name, value]) => [`adapter.${name}`, value])) };
  return h('details', { open: true }, h('summary', {}, 'Resolved settings'), h('dl', { class: 'pairs' }, Object.entries(pairs).map(([name, value]) =>
    h('div', {}, h('dt', {}, h('code', {}, name)), h('dd', { class: 'number' }, typeof value === 'number' ? (Number.isInteger(value) ? count(value) : figure(value)) : Array.isArray(value) ? value.join(', ') : String(value))))));
}
