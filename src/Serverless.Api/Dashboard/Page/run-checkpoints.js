// The checkpoints of a run: each can be talked to and trained on.
import { get, jobPath } from './api.js';
import { h, keyed } from './dom.js';
import { ago, count, figure } from './format.js';
import { address } from './router.js';

export function checkpoints(id) {
  const body = h('tbody');
  const box = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Checkpoints'), h('div', { class: 'scroll' },
    h('table', { class: 'plain checkpoints' }, h('thead', {}, h('tr', {}, ['Step', 'Train loss', 'Validation', 'Written', ''].map((name, at) =>
      h('th', { scope: 'col', class: at < 3 ? 'number' : at === 3 ? 'when' : null }, name)))), body)));
  let asked = '';
  return {
    box,
    async show(feed) {
      // Each commit says so in the events, so their number tells when to look again.
      const now = `${feed.events.length} ${feed.job.status}`;
      if (now === asked) return;
      asked = now;
      const page = await get(jobPath(id, '/checkpoints?limit=50')).catch(() => null);
      if (!page) return;
      box.hidden = page.data.length === 0;
      keyed(body, page.data, (one) => one.id, row);
    },
  };
}

function row(one) {
  const { metrics } = one;
  const name = one.fine_tuned_model_checkpoint;
  return h('tr', {}, h('td', { class: 'number' }, count(one.step_number)), h('td', { class: 'number' }, figure(metrics.train_loss)),
    h('td', { class: 'number' }, figure(metrics.full_valid_loss ?? metrics.valid_loss)), h('td', { class: 'when soft' }, ago(one.created_at)),
    h('td', { class: 'end' }, h('a', { href: address('play', null, { b: name }), title: name }, 'try'), h('a', { href: address('new', null, { model: name }), title: name }, 'train on')));
}
