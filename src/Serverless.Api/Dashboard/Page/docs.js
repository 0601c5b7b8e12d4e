// The reference of the API, made from the service's own OpenAPI document.
import { call } from './api.js';
import { h } from './dom.js';
import { operation } from './docs-operation.js';
import { errors, overview, webhooks } from './docs-parts.js';
import { operationsOf, wordsOf } from './docs-read.js';
import { icon } from './icons.js';
import { themeButton } from './theme.js';

const main = document.getElementById('main');
const search = document.getElementById('search');

/** Shows the endpoints that have every word, all of them for none; those that the search leaves few of stand open. */
function filter(shown, none) {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const group of shown) {
    let any = false;
    for (const one of group.operations) {
      const fits = words.every((word) => one.words.includes(word));
      one.element.hidden = !fits;
      one.link.hidden = !fits;
      any ||= fits;
      found += fits ? 1 : 0;
    }
    group.element.hidden = !any;
    group.list.hidden = !any;
  }
  none.hidden = found > 0;
  for (const part of document.querySelectorAll('.besides')) part.hidden = words.length > 0;
  if (words.length > 0 && found <= 2) for (const one of shown.flatMap((group) => group.operations)) one.element.open ||= !one.element.hidden;
}

/** Opens what the address names, and marks it among the contents. */
function follow() {
  const id = location.hash.slice(1);
  const target = id && document.getElementById(id);
  for (const link of document.querySelectorAll('#contents a')) {
    if (link.hash === location.hash) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  if (!target) return;
  if (target.matches('details')) target.open = true;
  target.scrollIntoView();
}

function show(api) {
  const shown = operationsOf(api).map((group) => {
    const operations = group.operations.map((one) => ({
      element: operation(api, one),
      link: h('a', { href: `#${one.id}` }, h('span', { class: `verb ${one.method}` }, one.method), h('span', {}, one.summary)),
      words: wordsOf(api, one),
    }));
    return {
      operations,
      element: h('section', { id: group.id, class: 'group', 'aria-label': group.name }, h('h2', {}, group.name), group.description && h('p', { class: 'soft' }, group.description), operations.map((one) => one.element)),
      list: h('section', {}, h('h2', {}, h('a', { href: `#${group.id}` }, group.name)), operations.map((one) => one.link)),
    };
  });
  const none = h('div', { class: 'empty slim', hidden: true, role: 'status' }, h('p', {}, 'No endpoint has all of these words.'));
  main.replaceChildren(overview(api), none, ...shown.map((group) => group.element), errors(api), webhooks(api));
  document.getElementById('contents').append(...shown.map((group) => group.list),
    ...['Errors', 'Webhooks'].map((name) => h('section', { class: 'besides' }, h('h2', {}, h('a', { href: `#${name.toLowerCase()}` }, name)))));
  search.addEventListener('input', () => filter(shown, none));
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    search.value = '';
    filter(shown, none);
  });
  addEventListener('hashchange', follow);
  follow();
}

addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
  event.preventDefault();
  search.focus();
});

document.getElementById('tools').append(themeButton(), h('a', { class: 'button icon', href: '/', title: 'Dashboard', 'aria-label': 'Dashboard' }, icon('runs')));
try {
  show(await call('GET', '/openapi.json'));
} catch (fault) {
  main.replaceChildren(h('div', { class: 'empty', role: 'alert' }, h('h1', {}, 'The reference could not be loaded'), h('p', {}, fault.message),
    h('button', { onclick: () => location.reload() }, 'Try again')));
}
