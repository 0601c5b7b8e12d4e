// The hyper-parameters of a run as they were resolved.
import { fill, h, keyed } from './dom.js';
import { nameOf } from './file-names.js';
import { count, figure } from './format.js';

export function settings() {
  const list = h('dl', { class: 'pairs' });
  const grader = h('pre');
  const more = h('details', { hidden: true }, h('summary', {}, 'Grader'), grader);
  const ofStages = h('div');
  const box = h('section', { class: 'card' }, h('h2', {}, 'Settings'), list, ofStages, more);
  return {
    box,
    show({ job }) {
      const method = job.method?.[job.method.type] ?? {};
      const pairs = [
        ...(job.method?.recipe ? [] : ofMethod(job.method ?? job)),
        ['seed', job.seed],
        ...Object.entries(job.metadata ?? {}).map(([name, value]) => [`metadata.${name}`, value]),
      ];
      fill(list, pairs.map(pair));
      // Each stage's behind its name, which stays open while the job goes on.
      keyed(ofStages, (job.method?.recipe?.stages ?? []).map((stage, at) => ({ at, type: stage.type, pairs: ofMethod(stage) })), (stage) => stage.at,
        (stage) => h('details', {}, h('summary', {}, `Stage ${stage.at + 1}, ${stage.type}`), h('dl', { class: 'pairs' }, stage.pairs.map(pair))));
      more.hidden = !method.grader;
      grader.textContent = method.grader ? JSON.stringify(method.grader, null, 2) : '';
    },
  };
}

const pair = ([name, value]) => h('div', {}, h('dt', {}, h('code', {}, name)), h('dd', { class: 'number' }, name === 'replay.file' ? nameOf(value) : text(name, value)));

/** The settings of a method, of a recipe's stage, or of a job that has only hyper-parameters. */
const ofMethod = (one) => [
  ...Object.entries(one[one.type]?.hyperparameters ?? one.hyperparameters ?? {}),
  ...['adapter', 'replay'].flatMap((part) => Object.entries(one[part] ?? {}).map(([name, value]) => [`${part}.${name}`, value])),
];

const text = (name, value) => (Array.isArray(value) ? value.join(', ') : name === 'seed' || typeof value !== 'number' ? String(value) : Number.isInteger(value) ? count(value) : figure(value));
