// A place to drop files on or to choose them from, with a line for each upload under way.
import { h } from './dom.js';
import { bytes, percent } from './format.js';
import { icon } from './icons.js';
import { address } from './router.js';
import { upload } from './upload.js';

/** @param onStored is called with each file that has arrived. */
export function dropZone(onStored) {
  const input = h('input', { type: 'file', id: 'upload', multiple: true, accept: '.jsonl,.txt,.json,application/jsonl,text/plain', class: 'hidden', onchange: () => take(input.files) });
  const lines = h('ul', { class: 'uploads', 'aria-live': 'polite' });
  const zone = h('label', { class: 'drop', for: 'upload' }, icon('upload', 26), h('span', {}, h('b', {}, 'Drop a data set here'), ' or choose a file'),
    h('span', { class: 'soft' }, 'JSONL of conversations, preferences, prompts or texts; or a .txt file'), input);
  const over = (event) => { event.preventDefault(); zone.classList.add('over'); };
  for (const name of ['dragenter', 'dragover']) zone.addEventListener(name, over);
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    take(event.dataTransfer.files);
  });

  function take(files) {
    for (const file of files) send(file);
    input.value = '';
  }

  async function send(file) {
    const fill = h('span');
    const state = h('span', { class: 'soft number' }, '0 %');
    const stop = h('button', { class: 'icon small', 'aria-label': `Stop the upload of ${file.name}` }, '×');
    const bar = h('div', { class: 'bar running', role: 'progressbar', 'aria-label': `Upload of ${file.name}`, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': 0 }, fill);
    const line = h('li', {}, h('span', { class: 'strong' }, file.name), h('span', { class: 'soft number' }, bytes(file.size)), bar, state, stop);
    lines.append(line);
    const sending = upload(file, (share) => {
      fill.style.width = percent(share).replace(' ', '');
      bar.setAttribute('aria-valuenow', Math.round(100 * share));
      state.textContent = share < 1 ? percent(share, 0) : 'storing…';
    });
    stop.addEventListener('click', sending.abort);
    try {
      const stored = await sending.done;
      fill.style.width = '100%';
      state.replaceChildren(h('a', { href: address('data', stored.id) }, 'open'));
      bar.className = 'bar succeeded';
      onStored(stored);
    } catch (fault) {
      bar.className = 'bar failed';
      state.textContent = fault.message;
      state.className = 'bad';
    }
    stop.remove();
  }

  return { box: h('div', {}, zone, lines) };
}
