// Shortcuts, while no field has the focus.
import { h } from './dom.js';
import { go } from './router.js';

const shortcuts = [
  ['r', 'Runs', () => go('runs')], ['d', 'Data sets', () => go('data')], ['m', 'Models', () => go('models')],
  ['p', 'Playground', () => go('play')], ['n', 'New run', () => go('new')], ['?', 'This list', () => openKeys()],
];

export function openKeys() {
  const dialog = h('dialog', { class: 'card', 'aria-labelledby': 'keys-title' }, h('h2', { id: 'keys-title' }, 'Keyboard'),
    h('dl', { class: 'keys' }, shortcuts.map(([key, label]) => h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, label))),
      h('div', {}, h('dt', {}, h('kbd', {}, 'Enter')), h('dd', {}, 'Sends in the playground; with Shift a new line')),
      h('div', {}, h('dt', {}, h('kbd', {}, 'Esc')), h('dd', {}, 'Stops an answer, closes a dialog'))),
    h('form', { method: 'dialog' }, h('button', {}, 'Close')));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return;
  const found = shortcuts.find(([key]) => key === event.key);
  if (!found) return;
  event.preventDefault();
  found[2]();
});
