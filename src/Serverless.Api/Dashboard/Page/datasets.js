// All data sets, and the place where new ones come in.
import { get } from './api.js';
import { fill, h, keyed } from './dom.js';
import { dropZone } from './drop-zone.js';
import { learn } from './file-names.js';
import { ago, bytes } from './format.js';
import { attempt } from './notices.js';
import { withOlder } from './pages.js';
import { address } from './router.js';

const restSeconds = 10;
const busySeconds = 1.5;
const listed = '/v1/files?purpose=fine-tune&limit=200';

export function show(root) {
  document.title = 'Data · Serverless';
  let [timer, closed, known, deep, hasOlder, reading] = [0, false, [], false, false, false];
  const body = h('tbody');
  const table = h('table', { class: 'list files-list' }, h('thead', {}, h('tr', {}, ['Name', 'State', 'Size', 'Added', ''].map((name, at) => h('th', { scope: 'col', class: at === 2 ? 'number' : null }, name)))), body);
  const place = h('div');
  const zone = dropZone((file) => { known = [file, ...known]; draw(); load(); });
  const more = h('button', { hidden: true, onclick: () => attempt(async () => {
    deep = true;
    const page = await get(`${listed}&after=${encodeURIComponent(known.at(-1).id)}`);
    known = withOlder(known, page.data);
    hasOlder = page.has_more;
    learn(page.data);
    draw();
  }) }, 'Older data sets');
  root.append(h('div', { class: 'head' }, h('h1', {}, 'Data sets')), zone.box, place, more);

  function draw() {
    more.hidden = !hasOlder;
    if (known.length === 0) {
      fill(place, h('div', { class: 'empty slim' }, h('h2', {}, 'No data sets yet'),
        h('p', {}, 'Each line of a file is one example, such as'),
        h('pre', {}, '{"messages": [{"role": "user", "content": "I was charged twice."},\n              {"role": "assistant", "content": "billing"}]}'),
        h('p', { class: 'soft' }, 'Files dropped into the storage container “datasets” appear here too.')));
      return;
    }
    if (place.firstChild !== table) place.replaceChildren(table);
    keyed(body, known, (file) => file.id, row);
  }

  async function load() {
    clearTimeout(timer);
    try {
      const page = await get(listed);
      if (closed) return;
      known = deep ? withOlder(page.data, known) : page.data;
      if (!deep) hasOlder = page.has_more;
      reading = page.data.some((file) => file.status === 'uploaded');
      learn(page.data);
      draw();
    } catch {
      // The line at the top says that there is no connection.
    }
    if (!closed) timer = setTimeout(load, 1000 * (reading ? busySeconds : restSeconds));
  }

  fill(place, h('p', { class: 'soft pad' }, 'Loading…'));
  load();
  return () => { closed = true; clearTimeout(timer); };
}

function row(file) {
  return h('tr', {},
    h('td', { class: 'name' }, h('a', { href: address('data', file.id), class: 'strong' }, file.filename),
      file.status === 'error' && h('span', { class: 'sub bad' }, file.status_details?.split('\n')[0])),
    h('td', { class: 'state' }, filePill(file)),
    h('td', { class: 'number' }, bytes(file.bytes)),
    h('td', { class: 'when soft' }, ago(file.created_at)),
    h('td', { class: 'end' }, file.status === 'processed' && h('a', { href: address('new', null, { file: file.id }) }, 'train')));
}

export function filePill(file) {
  return h('span', { class: `pill ${{ processed: 'succeeded', error: 'failed', uploaded: 'running' }[file.status] ?? ''}` },
    { processed: 'ready', error: 'faults', uploaded: 'reading…' }[file.status] ?? file.status);
}
