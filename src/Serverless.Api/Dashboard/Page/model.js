// One model: its card, its files, how to call it.
import { get, modelPath, remove } from './api.js';
import { fill, h } from './dom.js';
import { ago, bytes } from './format.js';
import { icon } from './icons.js';
import * as live from './live.js';
import { markdown } from './markdown.js';
import { isPublished, partsOf } from './models.js';
import { attempt, confirmed, copyButton } from './notices.js';
import { address, go } from './router.js';
import { download } from './run-artefacts.js';
import { snippets } from './snippets.js';
import { tail, title } from './status.js';

// Who owns the bases that somebody added; the others would be back at the next start.
const brought = 'user';

const ggufTypes = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0'];

export function show(root, { id }) {
  document.title = `${id} · Serverless`;
  const place = h('div', { class: 'stack' }, h('p', { class: 'soft pad' }, 'Loading…'));
  root.append(h('p', { class: 'back' }, h('a', { href: '#/models' }, '← All models')), place);

  async function load() {
    const model = await get(modelPath(id));
    const { data: files } = await get(modelPath(id, '/files'));
    const card = files.some((file) => file.path === 'README.md') ? await get(modelPath(id, '/files/README.md'), { as: 'text' }) : null;
    fill(place, head(model, files), snippets(id),
      h('section', { class: 'card prose' }, h('h2', {}, 'Model card'), card ? markdown(card) : h('p', { class: 'soft' }, 'The model has none.')),
      h('section', { class: 'card' }, h('h2', {}, 'Files'), h('ul', { class: 'files' }, files.map((file) => download(file.path, file.bytes, file.url))),
        h('p', { class: 'row' }, h('span', {}, 'As one GGUF file, for llama.cpp'), ggufTypes.map((type) => h('a', { href: modelPath(id, `/gguf?type=${type}`), download: '' }, type.toUpperCase())))));
  }

  function head(model, files) {
    const published = isPublished(id);
    const { base, suffix } = partsOf(id);
    const job = live.list?.data.find((one) => one.fine_tuned_model === id);
    return h('div', { class: 'stack' }, h('div', { class: 'head' }, h('div', {}, h('h1', {}, published ? suffix || base : id), h('p', { class: 'soft row' }, h('code', {}, id), copyButton(id))),
      h('div', { class: 'row actions' },
        h('a', { class: 'button primary', href: address('play', null, published ? { a: base, b: id } : { a: id }) }, icon('play'), published ? 'Compare in the playground' : 'Try'),
        h('a', { class: 'button', href: address('new', null, { model: id }) }, icon('plus'), 'Train on'),
        (published || model.owned_by === brought) && h('button', { class: 'danger', onclick: erase }, icon('trash'), 'Delete'))),
    h('dl', { class: 'facts' }, [
      ['Base', published && h('a', { href: address('models', base) }, base)], ['Run', job && h('a', { href: address('runs', job.id) }, `${title(job)} ${tail(job.id)}`)], ['Owner', model.owned_by],
      ['Size', bytes(files.reduce((sum, file) => sum + file.bytes, 0))], ['Created', ago(model.created)],
    ].filter(([, value]) => value).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))));
  }

  async function erase() {
    if (!(await confirmed('Delete this model?', `“${id}” stops answering and its files are removed.${isPublished(id) ? ' The run it came from stays.' : ''}`, 'Delete'))) return;
    if (await attempt(() => remove(modelPath(id)), 'Deleted.')) go('models');
  }

  load().catch((fault) => fill(place, h('div', { class: 'empty' }, h('h2', {}, fault.message), h('p', {}, h('a', { href: '#/models' }, 'All models')))));
}
