// What happened in a run, newest first.
import { h, keyed } from './dom.js';
import { clock, figure, seen } from './format.js';

export function events() {
  const shownList = h('ol', { class: 'events' });
  const box = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Events'), shownList);
  return {
    box,
    show(feed) {
      box.hidden = feed.events.length === 0;
      keyed(shownList, [...feed.events].reverse(), (event) => event.id, (event) =>
        h('li', { class: event.level }, clock(event.created_at), h('span', { class: 'pre' }, event.message, (event.data?.samples ?? []).map(sample))));
    },
  };
}

/** A prompt with an answer, and what it was worth. */
function sample({ prompt, answer, reward }) {
  return h('span', { class: 'pre soft' }, `\n${prompt}\n→ ${seen(answer ?? '')}${reward == null ? '' : `  (reward ${figure(reward, 3)})`}`);
}
