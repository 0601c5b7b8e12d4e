// The stages of a recipe: how each stands, and what came of it.
import { fill, h } from './dom.js';
import { count, figure } from './format.js';
import { address } from './router.js';

const shown = { train_loss: 'loss', valid_loss: 'validation loss', reward: 'reward', valid_reward: 'validation reward', reward_accuracy: 'reward accuracy', replay_loss: 'loss on replayed text' };

export function stages() {
  const body = h('tbody');
  const heads = ['', 'Method', 'Status', 'Steps', 'Its last steps', 'Model'].map((name) => h('th', { scope: 'col' }, name));
  const box = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Stages'),
    h('div', { class: 'scroll' }, h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, heads)), body)));
  return {
    box,
    show({ job }) {
      const all = job.method?.recipe?.stages ?? [];
      box.hidden = all.length === 0;
      fill(body, all.map(row));
    },
  };
}

function row(stage, at) {
  const figures = Object.entries(shown).filter(([name]) => stage.figures?.[name] != null).map(([name, label]) => `${label} ${figure(stage.figures[name], 3)}`);
  const model = stage.fine_tuned_model;
  return h('tr', {}, h('th', { scope: 'row' }, String(at + 1)), h('td', {}, `${stage.type}${stage.adapter?.type ? `, ${stage.adapter.type}` : ''}`), h('td', {}, stage.status.replace('_', ' ')),
    h('td', { class: 'number' }, stage.last_step ? `${count(stage.first_step)}–${count(stage.last_step)}` : '–'), h('td', {}, figures.length === 0 ? '–' : h('div', { class: 'figures' }, figures.map((one) => h('span', { class: 'nowrap' }, one)))),
    h('td', {}, model ? h('a', { href: address('models', model), title: model }, model) : '–'));
}
