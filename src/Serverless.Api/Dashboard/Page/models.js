// The models that answer: published ones first, then those they came from.
import { get } from './api.js';
import { fill, h } from './dom.js';
import { ago } from './format.js';
import { attempt } from './notices.js';
import { address } from './router.js';

export const isPublished = (name) => name.startsWith('ft:');

/** The parts of a published name: `ft:base:organization:suffix:id`. */
export function partsOf(name) {
  const [, base, , suffix, id, step] = name.split(':');
  return { base, suffix, id, step };
}

export function show(root) {
  document.title = 'Models · Serverless';
  const place = h('div');
  root.append(h('div', { class: 'head' }, h('h1', {}, 'Models')), place);
  fill(place, h('p', { class: 'soft pad' }, 'Loading…'));
  attempt(async () => {
    const { data } = await get('/v1/models');
    const [tuned, bases] = [data.filter((model) => isPublished(model.id)), data.filter((model) => !isPublished(model.id))];
    fill(place,
      tuned.length === 0
        ? h('div', { class: 'empty slim' }, h('h2', {}, 'No tuned models yet'), h('p', {}, 'A run publishes its model here when it has succeeded. ', h('a', { href: '#/new' }, 'Start a run')))
        : h('ul', { class: 'cards' }, tuned.map(tile)),
      h('h2', { class: 'between' }, 'Base models'), h('ul', { class: 'cards' }, bases.map(tile)),
      h('p', { class: 'soft' }, 'A model in Hugging Face’s layout becomes a base model at once, and an adapter in PEFT’s layout a model on its base: by the command “models add”, posted to /v1/models as a .zip, or dropped into the storage container “models”.'));
  });
}

function tile(model) {
  const { base, suffix, id, step } = partsOf(model.id);
  return h('li', { class: 'card tile' }, h('h3', {}, h('a', { href: address('models', model.id) }, isPublished(model.id) ? suffix || base : model.id)),
    h('p', { class: 'soft' }, isPublished(model.id) ? ['from ', base, step && ', a checkpoint', ' · ', h('span', { class: 'mono' }, id)] : 'base model'),
    h('p', { class: 'soft' }, ago(model.created)),
    h('p', { class: 'row' }, h('a', { href: address('play', null, isPublished(model.id) ? { a: base, b: model.id } : { a: model.id }) }, 'try'), h('a', { href: address('new', null, { model: model.id }) }, 'train')));
}
