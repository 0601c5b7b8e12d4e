// The hyper-parameters of a run as they were resolved.
import { fill, h } from './dom.js';
import { nameOf } from './file-names.js';
import { count, figure } from './format.js';

export function settings() {
  const list = h('dl', { class: 'pairs' });
  const grader = h('pre');
  const more = h('details', { hidden: true }, h('summary', {}, 'Grader'), grader);
  const box = h('section', { class: 'card' }, h('h2', {}, 'Settings'), list, more);
  return {
    box,
    show({ job }) {
      const method = job.method?.[job.method.type] ?? {};
      const pairs = [
        ...(job.method?.recipe ? job.method.recipe.stages.flatMap((stage, at) => ofMethod(stage).map(([name, value]) => [`${at + 1}. ${name}`, value])) : ofMethod(job.method ?? job)),
        ['seed', job.seed],
        ...Object.entries(job.metadata ?? {}).map(([name, value]) => [`metadata.${name}`, value]),
      ];
      fill(list, pairs.map(([name, value]) => h('div', {}, h('dt', {}, h('code', {}, name)), h('dd', { class: 'number' }, /^(\d+\. )?replay\.file$/.test(name) ? nameOf(value) : text(name, value)))));
      more.hidden = !method.grader;
      grader.textContent = method.grader ? JSON.stringify(method.grader, null, 2) : '';
    },
  };
}

/** The settings of a method, of a recipe's stage, or of a job that has only hyper-parameters. */
const ofMethod = (one) => [
  ...Object.entries(one[one.type]?.hyperparameters ?? one.hyperparameters ?? {}),
  ...['adapter', 'replay'].flatMap((part) => Object.entries(one[part] ?? {}).map(([name, value]) => [`${part}.${name}`, value])),
];

const text = (name, value) => (Array.isArray(value) ? value.join(', ') : name === 'seed' || typeof value !== 'number' ? String(value) : Number.isInteger(value) ? count(value) : figure(value));
