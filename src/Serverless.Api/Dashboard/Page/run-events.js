// What happened in a run, newest first.
import { h, keyed } from './dom.js';
import { clock } from './format.js';

export function events() {
  const shownList = h('ol', { class: 'events' });
  const box = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Events'), shownList);
  return {
    box,
    show(feed) {
      box.hidden = feed.events.length === 0;
      keyed(shownList, [...feed.events].reverse(), (event) => event.id, (event) =>
        h('li', { class: event.level }, clock(event.created_at), h('span', { class: 'pre' }, event.message)));
    },
  };
}
