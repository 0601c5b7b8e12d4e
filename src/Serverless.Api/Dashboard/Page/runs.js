// All runs, newest first.
import { get } from './api.js';
import { choiceOf } from './compare.js';
import { fill, h, keyed } from './dom.js';
import { ago, duration, figure, money } from './format.js';
import * as live from './live.js';
import { attempt } from './notices.js';
import { withOlder } from './pages.js';
import { address, go } from './router.js';
import { bar, costOf, elapsed, isFinal, pill, progressLine, tail, title } from './status.js';

const filters = [['all', 'All'], ['active', 'Active'], ['succeeded', 'Succeeded'], ['failed', 'Failed']];

export function show(root) {
  document.title = 'Runs · Serverless';
  let [known, deep, hasOlder, filter, words] = [live.list?.data ?? [], false, null, 'all', ''];
  const chosen = new Set();
  const body = h('tbody');
  const table = h('table', { class: 'list runs' }, h('thead', {}, h('tr', {},
    ['', 'Run', 'Status', 'Progress', 'Loss', 'Time', 'Cost', 'Created'].map((name, at) =>
      h('th', { scope: 'col', class: at >= 4 && at <= 6 ? 'number' : null }, name || h('span', { class: 'hidden' }, 'Compare'))))), body);
  const search = h('input', { type: 'search', placeholder: 'Search runs', 'aria-label': 'Search runs', oninput: () => { words = search.value.toLowerCase(); draw(); } });
  const choice = h('div', { class: 'segments', role: 'group', 'aria-label': 'Show' }, filters.map(([name, label]) =>
    h('button', { 'aria-pressed': String(name === filter), 'data-name': name, onclick: () => { filter = name; draw(); } }, label)));
  const compare = h('button', { class: 'primary compare', hidden: true, onclick: () => {
    const [first, ...rest] = [...chosen];
    go('runs', first, { with: rest.join(',') });
  } });
  const more = h('button', { hidden: true, onclick: () => attempt(async () => {
    deep = true;
    const page = await get(`/v1/fine_tuning/jobs?limit=50&after=${encodeURIComponent(known.at(-1).id)}`);
    known = withOlder(known, page.data);
    hasOlder = page.has_more;
    draw();
  }) }, 'Older runs');
  const place = h('div');
  root.append(h('div', { class: 'head' }, h('h1', {}, 'Runs'), h('div', { class: 'row' }, compare, search)), choice, place, more);

  function take() {
    known = deep ? withOlder(live.list.data, known) : live.list.data;
    draw();
  }

  function draw() {
    if (!live.list) {
      fill(place, h('p', { class: 'soft pad' }, 'Loading…'));
      return;
    }
    const found = known.filter(matches);
    for (const button of choice.children) button.setAttribute('aria-pressed', String(button.dataset.name === filter));
    choice.hidden = search.hidden = known.length === 0;
    compare.hidden = chosen.size < 2;
    const { allowed, label } = choiceOf(chosen.size);
    compare.disabled = !allowed;
    compare.textContent = label;
    more.hidden = !(hasOlder ?? live.list.has_more);
    if (known.length === 0) fill(place, welcome());
    else if (found.length === 0) fill(place, h('p', { class: 'empty slim' }, 'No run fits.'));
    else if (place.firstChild !== table) place.replaceChildren(table);
    keyed(body, found.map((job) => ({ ...job, chosen: chosen.has(job.id) })), (job) => job.id, row);
  }

  function matches(job) {
    if (filter === 'active' ? isFinal(job.status) : filter !== 'all' && job.status !== filter) return false;
    return !words || [job.id, job.model, job.fine_tuned_model, job.user_provided_suffix, job.method?.type, ...Object.values(job.metadata ?? {})]
      .some((text) => text?.toLowerCase().includes(words));
  }

  function row(job) {
    const pick = h('input', { type: 'checkbox', checked: job.chosen, 'aria-label': `Choose ${title(job)} ${tail(job.id)} to compare`, onchange: () => {
      if (pick.checked) chosen.add(job.id);
      else chosen.delete(job.id);
      draw();
    } });
    const time = elapsed(job);
    return h('tr', {},
      h('td', { class: 'pick' }, pick),
      h('td', { class: 'name' }, h('a', { href: address('runs', job.id), class: 'strong' }, title(job)),
        h('span', { class: 'sub' }, `${job.user_provided_suffix ? `${job.model} · ` : ''}${job.method?.type ?? 'supervised'} · `, h('span', { class: 'mono' }, tail(job.id)))),
      h('td', { class: 'state' }, pill(job)),
      h('td', { class: 'progress' }, bar(job), h('span', { class: 'sub number' }, job.status === 'failed' ? job.error?.message?.split('\n')[0] ?? '' : progressLine(job))),
      h('td', { class: 'number loss', 'data-label': 'Loss' }, job.progress?.train_loss != null ? figure(job.progress.train_loss, 3) : ''),
      h('td', { class: 'number time', 'data-label': 'Time' }, time === null ? '' : duration(time)),
      h('td', { class: 'number cost', 'data-label': 'Cost' }, costOf(job) === null ? '' : money(costOf(job), job.cost.currency)),
      h('td', { class: 'when soft' }, ago(job.created_at)));
  }

  live.watch([]);
  draw();
  return live.on('jobs', take);
}

function welcome() {
  return h('div', { class: 'empty' }, h('h2', {}, 'No runs yet'),
    h('p', {}, 'A run trains a model on examples of yours and publishes the result, which then answers in the playground and over the API.'),
    h('ol', { class: 'steps' },
      h('li', {}, h('a', { href: '#/data' }, 'Bring a data set'), ': a JSONL file of conversations, ten or more'),
      h('li', {}, h('a', { href: '#/new' }, 'Start a run'), ': the form says what it will take before it starts'),
      h('li', {}, h('a', { href: '#/play' }, 'Compare'), ' the tuned model with its base')));
}
