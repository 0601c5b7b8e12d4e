// Examples as the model sees them: special tokens as they are written, and what is trained on marked.
import { filePath, get, part } from './api.js';
import { fill, h } from './dom.js';
import { count, many } from './format.js';

const roles = { preferred: 'Preferred', non_preferred: 'Not preferred' };

export function examples(id) {
  const list = h('div', { class: 'examples' });
  const more = h('button', { hidden: true, onclick: () => load() }, 'More examples');
  const models = h('select', { 'aria-label': 'Model whose tokens are shown', onchange: () => { fill(list); after = 0; load(); } });
  const fault = h('p', { class: 'fault', hidden: true });
  const box = h('section', { class: 'card', hidden: true }, h('div', { class: 'card-head' }, h('h2', {}, 'As the model sees it'), h('label', { class: 'check' }, 'tokens of', models)),
    h('p', { class: 'soft key-line' }, h('mark', { class: 'trained' }, 'learned'), ' what the model is trained to write; ', h('span', { class: 'special' }, '<special>'), ' tokens that the chat template writes; the rest is read only.'),
    fault, list, more);
  let after = 0;

  async function load() {
    try {
      const page = await get(filePath(id, `/examples?limit=5&after=${after}${models.value ? `&model=${part(models.value)}` : ''}`));
      if (models.options.length === 0) await offer(page.model);
      fault.hidden = true;
      box.hidden = false;
      list.append(...page.data.map(example));
      after = page.data.at(-1)?.line ?? after;
      more.hidden = !page.has_more;
    } catch (refused) {
      fault.textContent = refused.message;
      fault.hidden = false;
      box.hidden = models.options.length === 0;
    }
  }

  async function offer(current) {
    const all = await get('/v1/models').catch(() => ({ data: [{ id: current }] }));
    models.append(...all.data.map((model) => h('option', { value: model.id, selected: model.id === current }, model.id)));
  }

  return { box, load };
}

function example(one) {
  return h('article', { class: 'example' }, h('h3', {}, `Line ${count(one.line)}`),
    one.sequences.map((sequence) => h('div', {},
      h('p', { class: 'soft number' }, [roles[sequence.role], many(sequence.tokens, 'token'), `${count(sequence.trained_tokens)} learned`].filter(Boolean).join(' · ')),
      h('p', { class: 'tokens' }, sequence.runs.map((run) => h(run.trained ? 'mark' : 'span', {
        class: [run.trained && 'trained', run.special && 'special'].filter(Boolean).join(' ') || null, title: many(run.tokens, 'token'),
      }, run.text))))));
}
