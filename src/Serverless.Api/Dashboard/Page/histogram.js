// How long the examples are, in tokens: one bar for each doubling.
import { h } from './dom.js';
import { count, many, short } from './format.js';

export function histogram(buckets) {
  const first = buckets.findIndex((bucket) => bucket.sequences > 0);
  const shown = first < 0 ? [] : buckets.slice(first);
  const most = Math.max(1, ...shown.map((bucket) => bucket.sequences));
  return h('ol', { class: 'histogram', 'aria-label': 'Lengths in tokens' }, shown.map((bucket) => {
    const range = bucket.to > bucket.from ? `${short(bucket.from)}–${short(bucket.to)}` : String(bucket.from);
    return h('li', { title: `${many(bucket.sequences, 'sequence')} of ${count(bucket.from)} to ${count(bucket.to)} tokens` },
      h('span', { class: 'number' }, count(bucket.sequences)), h('i', { style: { height: `${Math.max(bucket.sequences ? 2 : 0, (100 * bucket.sequences) / most)}%` } }), h('span', { class: 'soft number' }, range));
  }));
}
