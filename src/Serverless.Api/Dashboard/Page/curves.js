// The curves of one or several runs: what is measured decides which charts there are.
import { h, keyed } from './dom.js';
import { chart } from './chart.js';
import { figure, percent } from './format.js';

const smoothFrom = 40;
const share = (value, digits = 3) => percent(value, digits > 3 ? 1 : 0);

// The first charts are those that matter for the method; the rest waits behind "more". A policy's loss says little, so what it is paid stands before it.
const charts = [
  { title: 'Reward', train: 'reward', valid: 'valid_reward' },
  { title: 'Loss', train: 'train_loss', valid: 'valid_loss' },
  { title: 'Token accuracy', train: 'train_mean_token_accuracy', valid: 'valid_mean_token_accuracy', format: share },
  { title: 'Reward accuracy', train: 'reward_accuracy', valid: 'valid_reward_accuracy', format: share },
  { title: 'Reward margin', train: 'reward_margin', valid: 'valid_reward_margin' },
  { title: 'Learning rate', train: 'learning_rate', more: true },
  { title: 'Gradient norm', train: 'gradient_norm', more: true },
];
const plain = new Set(['step', 'created_at', 'tokens', 'seconds', ...charts.flatMap((one) => [one.train, one.valid])]);

/** @returns the element, and `show(runs)` for runs of { label, slot, steps }. */
export function curves() {
  const main = h('div', { class: 'charts' });
  const rest = h('div', { class: 'charts' });
  const more = h('details', {}, h('summary', {}, 'More curves'), rest);
  const box = h('div', { class: 'curves' }, main, more);
  const drawn = new Map();

  function show(runs) {
    const wanted = [...charts, ...figures(runs)].filter((one) => runs.some((run) => run.steps.some((step) => Number.isFinite(step[one.train]) || Number.isFinite(step[one.valid]))));
    for (const [title, made] of drawn) {
      if (wanted.some((one) => one.title === title)) continue;
      made.close();
      made.box.remove();
      drawn.delete(title);
    }
    for (const one of wanted) {
      if (!drawn.has(one.title)) {
        const made = chart(one.title, { format: one.format ?? figure });
        drawn.set(one.title, made);
        (one.more ? rest : main).append(made.box);
      }
      drawn.get(one.title).show(runs.flatMap((run) => lines(run, one, runs.length > 1)));
    }
    more.hidden = rest.childElementCount === 0;
  }

  return { box, show, close: () => { for (const made of drawn.values()) made.close(); } };
}

/** Figures of a method that have no chart of their own, each in one behind "more". */
function figures(runs) {
  const names = new Set(runs.flatMap((run) => Object.keys(run.steps.at(-1) ?? {})));
  return [...names].filter((name) => !plain.has(name) && !name.startsWith('valid_'))
    .map((name) => ({ title: words(name), train: name, valid: `valid_${name}`, more: true }));
}

const words = (name) => (name[0].toUpperCase() + name.slice(1)).replaceAll('_', ' ');

function lines(run, one, several) {
  const points = (name) => run.steps.filter((step) => Number.isFinite(step[name])).map((step) => [step.step, step[name]]);
  const [train, valid] = [points(one.train), one.valid ? points(one.valid) : []];
  const label = (kind) => (several ? `${run.label} ${kind}` : kind);
  const made = [];
  if (train.length >= smoothFrom && !one.more) {
    if (!several) made.push({ label: 'each step', slot: run.slot, kind: 'raw', points: train });
    made.push({ label: label('train'), slot: run.slot, kind: 'smooth', points: smoothed(train) });
  } else if (train.length > 0) made.push({ label: label('train'), slot: run.slot, kind: 'smooth', points: train });
  if (valid.length > 0) made.push({ label: label('validation'), slot: several ? run.slot : run.slot + 1, kind: 'dots', points: valid });
  return made;
}

/** An exponential average whose memory grows with the run, corrected for its beginning (as Adam's are). */
function smoothed(points) {
  const keep = 1 - 1 / Math.min(60, Math.max(4, points.length / 30));
  let [sum, weight] = [0, 0];
  return points.map(([x, y]) => {
    sum = keep * sum + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return [x, sum / weight];
  });
}

/** The names and colours of the runs that lie over each other, with what takes one away. */
export function legend(runs, onRemove) {
  const box = h('ul', { class: 'legend', 'aria-label': 'Runs in the charts' });
  keyed(box, runs.map(({ id, label, slot }, at) => ({ id, label, slot, own: at === 0 })), (run) => run.id, (run) =>
    h('li', {}, h('span', { class: 'swatch', style: { background: `var(--line-${run.slot})` } }), run.label,
      !run.own && h('button', { class: 'icon small', 'aria-label': `Take ${run.label} out of the charts`, onclick: () => onRemove(run.id) }, '×')));
  return box;
}
