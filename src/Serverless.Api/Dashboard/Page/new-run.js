// The form for a run, with the dry run's answer beside it.
import { get, jobPath, post } from './api.js';
import { fill, h } from './dom.js';
import { drawDryRun } from './dry-run.js';
import { attempt } from './notices.js';
import { go } from './router.js';
import { fields, methods } from './run-fields.js';
import { keptOf, requestOf, valuesOf } from './run-request.js';

const pauseMilliseconds = 400;
const dryRunPath = '/v1/fine_tuning/jobs?dry_run=true';

export function show(root, { query }) {
  document.title = 'New run · Serverless';
  let [timer, asked, kept] = [0, null, null];
  const formats = new Map();
  const start = h('button', { class: 'primary' }, 'Start the run');
  const form = h('form', { class: 'card form', autocomplete: 'off' }, fields(), h('div', { class: 'row end' }, start));
  const side = h('aside', { class: 'card dry', 'aria-live': 'polite', 'aria-label': 'Dry run' });
  const empty = h('div');
  root.append(h('div', { class: 'head' }, h('h1', {}, 'New run')), empty, h('div', { class: 'two' }, form, side));
  drawDryRun(side, {});

  const field = (name) => form.elements[name];
  const values = () => Object.fromEntries([...new FormData(form)]);

  function adapt() {
    const method = field('method').value;
    for (const only of form.querySelectorAll('[data-only]')) only.hidden = !only.dataset.only.split(' ').includes(method);
    form.querySelector('#method-hint').textContent = methods[method][1];
    field('rank').closest('.field').hidden = field('adapter').value === 'full';
    for (const name of ['early_stopping_patience', 'eval_interval', 'eval_samples']) field(name).disabled = !field('validation_file').value;
    field('share').closest('.field').hidden = !field('replay').value;
    start.disabled = !field('training_file').value;
  }

  /** The method that a file's kind of data is for. */
  async function follow() {
    const id = field('training_file').value;
    if (!id) return;
    if (!formats.has(id)) formats.set(id, (await get(`/v1/files/${id}/report`).catch(() => null))?.format ?? null);
    const fits = Object.keys(methods).find((method) => methods[method][2].includes(formats.get(id)));
    if (fits && field('training_file').value === id) field('method').value = fits;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, pauseMilliseconds);
  }

  async function ask() {
    asked?.abort();
    if (!field('model').value || !field('training_file').value) return;
    const own = asked = new AbortController();
    drawDryRun(side, { waiting: true });
    try {
      const answer = await post(dryRunPath, requestOf(values(), kept), { signal: own.signal });
      drawDryRun(side, { answer });
      start.disabled = false;
    } catch (fault) {
      if (fault.name === 'AbortError') return;
      drawDryRun(side, { fault });
      mark(fault.param);
    }
  }

  /** Shows at which field the service has found fault. */
  function mark(param) {
    for (const input of form.elements) input.removeAttribute('aria-invalid');
    const name = (param ?? '').split(/[.[]/).reverse().find((one) => field(one));
    if (name) field(name).setAttribute('aria-invalid', 'true');
  }

  form.addEventListener('input', () => { mark(null); adapt(); later(); });
  field('training_file').addEventListener('change', async () => { await follow(); adapt(); later(); });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    start.disabled = true;
    const job = await attempt(() => post('/v1/fine_tuning/jobs', requestOf(values(), kept)), 'The run is in the queue.');
    start.disabled = false;
    if (job) go('runs', job.id);
  });

  async function load() {
    const [models, files, before] = await Promise.all([
      get('/v1/models'), get('/v1/files?purpose=fine-tune&limit=500'), query.get('from') ? get(jobPath(query.get('from'))).catch(() => null) : null,
    ]);
    kept = before && keptOf(before);
    const given = before ? valuesOf(before) : { model: query.get('model') ?? '', training_file: query.get('file') ?? '' };
    const usable = files.data.filter((file) => file.status !== 'error');
    const names = models.data.map((model) => model.id);
    if (given.model && !names.includes(given.model)) names.unshift(given.model);
    fill(field('model'), names.map((name) => h('option', { value: name }, name)));
    // A file that an earlier run had and that is gone stays in the form, so that the dry run says so instead of taking another one.
    const choices = (name) => [
      given[name] && !usable.some((file) => file.id === given[name]) && h('option', { value: given[name] }, `${given[name]} (not there)`),
      usable.map((file) => h('option', { value: file.id }, `${file.filename}${file.status === 'uploaded' ? ' (being read)' : ''}`)),
    ];
    fill(field('training_file'), choices('training_file'));
    for (const name of ['validation_file', 'replay']) fill(field(name), h('option', { value: '' }, 'none'), choices(name));
    const base = names.find((name) => !name.startsWith('ft:'));
    if (!given.model && base) field('model').value = base;
    for (const [name, value] of Object.entries(given)) if (value && field(name)) field(name).value = value;
    if (usable.length === 0) fill(empty, h('div', { class: 'empty slim' }, h('h2', {}, 'There is nothing to train on yet'), h('p', {}, h('a', { href: '#/data' }, 'Bring a data set'), ' first.')));
    if (!before) await follow();
    adapt();
    await ask();
  }

  adapt();
  attempt(load);
  return () => { clearTimeout(timer); asked?.abort(); };
}
