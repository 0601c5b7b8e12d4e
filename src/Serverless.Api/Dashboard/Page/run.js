// One run: how it stands, its curves while they grow, and what it left.
import { fill, h } from './dom.js';
import { ago, count, duration, money, short } from './format.js';
import { hasRoom, othersOf } from './compare.js';
import { curves, legend } from './curves.js';
import { nameOf } from './file-names.js';
import * as live from './live.js';
import { copyButton } from './notices.js';
import { address, note } from './router.js';
import { actions } from './run-actions.js';
import { artefacts } from './run-artefacts.js';
import { checkpoints } from './run-checkpoints.js';
import { evaluation } from './run-evaluation.js';
import { events } from './run-events.js';
import { settings } from './run-settings.js';
import { stages } from './run-stages.js';
import { bar, costOf, elapsed, isFinal, pill, progressLine, tail, title } from './status.js';

export function show(root, { id, query }) {
  let others = othersOf(query.get('with'), id);
  const [line, buttons, fault] = [h('div'), h('div', { class: 'row actions' }), h('p', { class: 'fault pre' })];
  const [facts, names, adder] = [h('dl', { class: 'facts' }), h('div'), h('select', { 'aria-label': 'Lay another run over this one' })];
  const drawn = curves();
  const waiting = h('p', { class: 'soft pad' });
  const parts = [artefacts(id), evaluation(id), checkpoints(id), events(id), settings(id), stages()];
  const [files, scores, points, log, set, chain] = parts;
  const missing = h('div', { class: 'empty', hidden: true }, h('h2', {}, 'There is no such run'), h('p', {}, h('a', { href: '#/runs' }, 'All runs')));
  const page = h('div', { class: 'run' }, h('div', { class: 'head' }, line, buttons), fault, facts, chain.box,
    h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, 'Curves'), h('div', { class: 'row' }, names, adder)), waiting, drawn.box),
    scores.box, h('div', { class: 'columns' }, log.box, h('div', { class: 'stack' }, points.box, files.box, set.box)));
  root.append(h('p', { class: 'back' }, h('a', { href: '#/runs' }, '← All runs')), page, missing);

  adder.addEventListener('change', () => { others = [...others, adder.value]; changed(); });

  function changed() {
    note('runs', id, { with: others.join(',') });
    live.watch([id, ...others]);
    draw();
  }

  function draw() {
    const feed = live.feedOf(id);
    const { job } = feed;
    page.hidden = feed.missing || !job;
    missing.hidden = !feed.missing;
    if (!job) return;
    document.title = `${title(job)} ${pill(job).textContent} · Serverless`;
    fill(line, h('h1', {}, title(job), ' ', h('span', { class: 'mono soft' }, tail(job.id))),
      h('p', { class: 'row state-line' }, pill(job), h('span', { class: 'number soft' }, progressLine(job))), bar(job));
    fill(buttons, actions(job));
    fault.textContent = job.error?.message ?? '';
    fault.hidden = !job.error?.message;
    fill(facts, factsOf(job));
    const runs = [id, ...others].map((one, at) => {
      const other = live.feedOf(one);
      return { id: one, slot: at + 1, steps: other.steps, label: other.job ? `${title(other.job)} ${tail(one)}` : tail(one) };
    });
    fill(names, runs.length > 1 && legend(runs, (gone) => { others = others.filter((other) => other !== gone); changed(); }));
    waiting.hidden = feed.steps.length > 0;
    waiting.textContent = isFinal(job.status) ? 'This run has no steps.' : 'The curves begin with the first step.';
    drawn.show(runs);
    offer();
    for (const part of parts) part.show(feed);
  }

  function offer() {
    const free = (live.list?.data ?? []).filter((job) => job.id !== id && !others.includes(job.id));
    adder.hidden = free.length === 0 || !hasRoom(others);
    if (document.activeElement === adder) return;
    fill(adder, h('option', { value: '', selected: true }, 'Compare with…'),
      free.map((job) => h('option', { value: job.id }, `${title(job)} ${tail(job.id)} (${pill(job).textContent})`)));
  }

  live.watch([id, ...others]);
  draw();
  const ends = [live.on('feed', (which) => (which === id || others.includes(which)) && draw()), live.on('jobs', offer)];
  return () => { for (const end of ends) end(); drawn.close(); };
}

function factsOf(job) {
  const time = elapsed(job);
  const file = (which) => which && h('a', { href: address('data', which) }, nameOf(which));
  const cost = costOf(job);
  const facts = [
    ['Base model', h('a', { href: address('models', job.model) }, job.model)],
    ['Published as', job.fine_tuned_model && h('span', {}, h('a', { href: address('models', job.fine_tuned_model) }, job.fine_tuned_model), ' ', copyButton(job.fine_tuned_model)), 'wide'],
    ['Method', `${job.method?.type ?? 'supervised'}${job.method?.adapter?.type ? `, ${job.method.adapter.type}` : ''}`],
    ['Training file', file(job.training_file)],
    ['Validation file', file(job.validation_file)],
    ['Replayed text', file(job.method?.replay?.file)],
    ['Trained tokens', job.trained_tokens && count(job.trained_tokens)],
    ['Speed', job.status === 'running' && job.progress?.tokens_per_second && `${short(job.progress.tokens_per_second)} tokens/s`],
    ['Time', time === null ? null : duration(time)],
    ['Cost so far', cost === null ? null : money(cost, job.cost.currency)],
    ['Budget', job.budget != null && money(job.budget, job.cost?.currency)],
    ['Written in', job.merge_dtype],
    ['Created', ago(job.created_at)],
    ['Finished', job.finished_at && ago(job.finished_at)],
    ['Job', h('span', {}, h('code', {}, job.id), ' ', copyButton(job.id)), 'wide'],
  ];
  return facts.filter(([, value]) => value).map(([name, value, kind]) => h('div', { class: kind }, h('dt', {}, name), h('dd', {}, value)));
}
