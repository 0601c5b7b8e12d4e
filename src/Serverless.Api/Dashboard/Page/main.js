// Starts the page: the session first, then the view that the address names.
import { h } from './dom.js';
import { keepTimesTrue } from './format.js';
import { icon } from './icons.js';
import * as live from './live.js';
import { parse } from './router.js';
import { openKeys } from './keys.js';
import { ensureSession, signOut } from './session.js';
import { themeButton } from './theme.js';
import * as dataset from './dataset.js';
import * as datasets from './datasets.js';
import * as model from './model.js';
import * as models from './models.js';
import * as newRun from './new-run.js';
import * as play from './play.js';
import * as run from './run.js';
import * as runs from './runs.js';

const sections = [
  ['runs', 'Runs', 'runs'], ['data', 'Data', 'data'], ['new', 'New run', 'plus', 'phone'], ['models', 'Models', 'models'], ['play', 'Playground', 'play'],
];
const views = {
  runs: (id) => (id ? run : runs), data: (id) => (id ? dataset : datasets), models: (id) => (id ? model : models), new: () => newRun, play: () => play,
};

const main = document.getElementById('main');
let leave = () => {};
let shown = '';

function show() {
  const route = parse();
  const view = (views[route.name] ?? views.runs)(route.id);
  const place = `${route.name}/${route.id ?? ''}`;
  leave();
  document.title = 'Serverless';
  const root = h('div', { class: `view ${route.name}` });
  main.replaceChildren(root);
  leave = view.show(root, route) ?? (() => {});
  for (const link of document.querySelectorAll('#sections a')) {
    if (link.dataset.name === route.name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (shown && shown !== place) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  shown = place;
}

function connection(state) {
  const line = document.getElementById('connection');
  line.dataset.state = state;
  line.textContent = { live: 'Live', gone: 'No connection', connecting: 'Connecting…' }[state];
  const gone = document.getElementById('gone');
  gone.hidden = state !== 'gone';
  gone.textContent = state === 'gone'
    ? `The service does not answer. What you see is from ${live.heard().toLocaleTimeString('en', { hour12: false })}; this page goes on by itself when it is back.`
    : '';
}

async function start() {
  document.getElementById('sections').append(...sections.map(([name, label, symbol, kind]) =>
    h('a', { href: `#/${name}`, 'data-name': name, class: kind }, icon(symbol, 20), h('span', {}, label))));
  document.getElementById('tools').append(
    themeButton(), h('a', { class: 'button icon', href: '/docs', title: 'API reference', 'aria-label': 'API reference' }, icon('book')),
    h('button', { class: 'icon', title: 'Keyboard (?)', 'aria-label': 'Keyboard shortcuts', onclick: openKeys }, icon('help')));
  live.on('state', connection);
  connection(live.state());
  const session = await ensureSession(main);
  if (session.required) {
    document.getElementById('tools').append(
      h('button', { class: 'icon', title: `Sign out (${session.name})`, 'aria-label': 'Sign out', onclick: signOut }, icon('out')));
  }
  addEventListener('hashchange', show);
  // A file that misses its place must not take the page away.
  for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());
  keepTimesTrue();
  live.open();
  show();
}

start();
