// The hyper-parameters of a run as they were resolved.
import { fill, h } from './dom.js';
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
        ...(job.method?.recipe ? ofStages(job.method.recipe.stages) : Object.entries(method.hyperparameters ?? job.hyperparameters ?? {})),
        ...Object.entries(job.method?.adapter ?? {}).map(([name, value]) => [`adapter.${name}`, value]),
        ...Object.entries(job.method?.replay ?? {}).map(([name, value]) => [`replay.${name}`, value]),
        ['seed', job.seed],
        ...Object.entries(job.metadata ?? {}).map(([name, value]) => [`metadata.${name}`, value]),
      ];
      fill(list, pairs.map(([name, value]) => h('div', {}, h('dt', {}, h('code', {}, name)), h('dd', { class: 'number' }, text(name, value)))));
      more.hidden = !method.grader;
      grader.textContent = method.grader ? JSON.stringify(method.grader, null, 2) : '';
    },
  };
}

const ofStages = (stages) => stages.flatMap((stage, at) => Object.entries(stage[stage.type]?.hyperparameters ?? {}).map(([name, value]) => [`${at + 1}. ${name}`, value]));

const text = (name, value) => (Array.isArray(value) ? value.join(', ') : name === 'seed' || typeof value !== 'number' ? String(value) : Number.isInteger(value) ? count(value) : figure(value));
