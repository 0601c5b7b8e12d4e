// Base and tuned model side by side on the validation file.
import { get, jobPath } from './api.js';
import { fill, h } from './dom.js';
import { count, figure, percent } from './format.js';

const shares = new Set(['exact_match', 'token_accuracy', 'reward_accuracy']);
const names = { exact_match: 'Answers exactly right', loss: 'Loss', perplexity: 'Perplexity', token_accuracy: 'Token accuracy' };

export function evaluation(id) {
  const [table, samples, note] = [h('table', { class: 'plain scores' }), h('div', { class: 'samples' }), h('p', { class: 'soft' })];
  const onlyChanged = h('input', { type: 'checkbox', onchange: () => drawSamples() });
  const filter = h('label', { class: 'check' }, onlyChanged, 'only where the answers differ');
  const box = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Base against tuned'), note, h('div', { class: 'scroll' }, table),
    h('div', { class: 'card-head' }, h('h3', {}, 'Answers'), filter), samples);
  let [asked, found, length] = ['', null, 5];

  function drawSamples() {
    const all = (found?.samples ?? []).filter((one) => !onlyChanged.checked || one.base.answer !== one.tuned.answer);
    filter.parentElement.hidden = !found?.samples?.length;
    fill(samples, all.slice(0, length).map(sample));
    if (all.length > length) samples.append(h('button', { onclick: () => { length += 20; drawSamples(); } }, `Show more of ${count(all.length)}`));
  }

  return {
    box,
    async show({ job, events }) {
      // Before the model is published the comparison grows, and the job goes on to write events.
      const now = `${job.status} ${job.status === 'running' ? events.length : ''}`;
      const training = job.status === 'running' && (job.progress?.step ?? 0) < (job.progress?.total_steps ?? 1);
      if (now === asked || !(job.validation_file || rehearses(job)) || training) return;
      asked = now;
      found = await get(jobPath(id, '/evaluation')).catch(() => null);
      box.hidden = !found;
      if (!found) return;
      note.textContent = [
        found.base.scored && `On ${count(found.base.scored)} examples of the validation file${found.base.answered ? `, of which ${count(found.base.answered)} were answered by both` : ''}.`,
        found.base.general && `What was forgotten, on ${count(found.base.general.tokens)} tokens of general text that were held back.`,
      ].filter(Boolean).join(' ');
      fill(table, h('thead', {}, h('tr', {}, ['', 'Base', 'Tuned', 'Gain', 'Better / worse / same'].map((name, at) => h('th', { scope: 'col', class: at ? 'number' : null }, name)))),
        h('tbody', {}, rows(found)));
      drawSamples();
    },
  };
}

function rows(found) {
  const write = (name, value) => (value == null ? '–' : shares.has(name) ? percent(value) : figure(value));
  const plain = ['loss', 'perplexity', 'token_accuracy'].filter((name) => found.tuned[name] != null || found.base[name] != null)
    .map((name) => row(names[name], write(name, found.base[name]), write(name, found.tuned[name]), better(name, found.base[name], found.tuned[name])));
  const compared = (found.comparisons ?? []).map((one) => row(
    names[one.metric] ?? one.metric, write(one.metric, one.base.mean), write(one.metric, one.tuned.mean), one.gain.mean > 0 ? 'up' : one.gain.mean < 0 ? 'down' : '',
    one.metric === 'exact_match' ? `${one.gain.mean >= 0 ? '+' : '−'}${percent(Math.abs(one.gain.mean))}` : figure(one.gain.mean), `${count(one.wins)} / ${count(one.losses)} / ${count(one.ties)}`,
    `95 % interval of the gain: ${write(one.metric, one.gain.low)} to ${write(one.metric, one.gain.high)}`));
  const general = ['loss', 'perplexity'].filter((name) => found.tuned.general && found.base.general).map((name) => {
    const [before, after] = [found.base.general[name], found.tuned.general[name]];
    return row(`${names[name]} on general text, held back`, write(name, before), write(name, after), better(name, before, after));
  });
  const stages = (found.stages ?? []).slice(0, -1).filter((stage) => stage.general && found.base.general).map((stage) => row(
    `Loss on general text after stage ${stage.stage}`, write('loss', found.base.general.loss), write('loss', stage.general.loss), better('loss', found.base.general.loss, stage.general.loss)));
  return [...plain, ...general, ...stages, ...compared];
}

const rehearses = (job) => [job.method, ...(job.method?.recipe?.stages ?? [])].some((method) => method?.replay);

const better = (name, before, after) => (before == null || after == null || before === after ? '' : (after > before) === (name === 'token_accuracy') ? 'up' : 'down');

function row(name, before, after, turn, gain = '', tally = '', title = null) {
  return h('tr', { title }, h('th', { scope: 'row' }, name), h('td', { class: 'number' }, before), h('td', { class: `number ${turn}` }, after), h('td', { class: 'number' }, gain), h('td', { class: 'number' }, tally));
}

function sample(one) {
  const answer = (label, given) => h('div', { class: 'answer' }, h('h4', {}, label, given.exact_match != null && h('span', { class: given.exact_match ? 'right' : 'wrong' }, given.exact_match ? ' ✓ right' : ' ✗ wrong')),
    h('p', { class: 'pre' }, given.answer || '(nothing)'),
    Object.entries(given.scores ?? {}).map(([name, value]) => h('span', { class: 'tag' }, `${name} ${value == null ? '–' : figure(value, 3)}`)));
  return h('article', { class: 'sample' }, h('p', { class: 'pre prompt' }, one.prompt), one.expected != null && h('p', { class: 'soft pre' }, h('b', {}, 'Expected: '), one.expected),
    h('div', { class: 'pair' }, answer('Base', one.base), answer('Tuned', one.tuned)));
}
