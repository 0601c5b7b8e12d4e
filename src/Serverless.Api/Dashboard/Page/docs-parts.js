// What stands around the endpoints: how to begin, the errors that any of them can give, and what the service calls itself.
import { h } from './dom.js';
import { fields } from './docs-fields.js';
import { resolve } from './docs-read.js';
import { inline } from './markdown.js';
import { copyButton } from './notices.js';

export function overview(api) {
  const base = `${location.origin}/v1`;
  return h('section', { class: 'besides stack' }, h('h1', {}, 'API reference'),
    h('p', { class: 'lead' }, `${api.info.summary} `, 'Any OpenAI client works with this base URL:'),
    h('p', { class: 'row' }, h('code', { class: 'base' }, base), copyButton(base)),
    h('p', {}, inline(api.info.description)),
    h('p', { class: 'soft' }, inline(`Keys go into the header \`Authorization: Bearer …\`. ${api.components.securitySchemes.key.description} For programs: `), h('a', { href: '/openapi.json' }, 'openapi.json'), '.'));
}

export function errors(api) {
  const schema = api.components.schemas.Error;
  return h('section', { id: 'errors', class: 'group besides', 'aria-label': 'Errors' }, h('h2', {}, 'Errors'), h('p', { class: 'soft' }, schema.description),
    h('div', { class: 'card stack' }, h('pre', { tabindex: '0', 'aria-label': 'An error' }, JSON.stringify(schema.examples[0], null, 2)),
      h('dl', { class: 'faults-of' }, api['x-errors'].map((one) => h('div', {}, h('dt', {}, h('code', {}, one.status)), h('dd', {}, one.code && h('code', {}, one.code), ' ', one.description))))));
}

export function webhooks(api) {
  return h('section', { id: 'webhooks', class: 'group besides', 'aria-label': 'Webhooks' }, h('h2', {}, 'Webhooks'),
    Object.values(api.webhooks).map(({ post }) => h('div', { class: 'card stack' }, h('h3', {}, post.summary), h('p', {}, inline(post.description)),
      fields(api, resolve(api, post.requestBody.content['application/json'].schema)))));
}
