// Base and tuned model side by side on the validation file; of a recipe, the model that every stage led to between them.
import { get, jobPath } from './api.js';
import { fill, h } from './dom.js';
import { count, figure, percent, seen } from './format.js';

const shares = new Set(['exact_match', 'token_accuracy', 'reward_accuracy']);
const names = {
  exact_match: 'Answers exactly right', loss: 'Loss', perplexity: 'Perplexity', token_accuracy: 'Token accuracy', reward_accuracy: 'Preferred answer gained on the other', reward_margin: 'Reward margin',
};
const write = (name, value) => (value == null ? '–' : shares.has(name) ? percent(value) : figure(value));

export function evaluation(id) {
  const [table, samples, note] = [h('table', { class: 'plain scores' }), h('div', { class: 'samples' }), h('p', { class: 'soft' })];
  const faults = h('div', { class: 'sub bad' });
  const onlyChanged = h('input', { type: 'checkbox', onchange: () => drawSamples() });
  const filter = h('label', { class: 'check' }, onlyChanged, 'only where the answers differ');
  const heading = h('h2', {}, 'Base against tuned');
  const box = h('section', { class: 'card', hidden: true }, heading, note, h('div', { class: 'scroll' }, table), faults,
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
      const stages = job.method?.recipe?.stages ?? [];
      const ended = stages.filter((stage) => stage.last_step).length;
      const training = job.status === 'running' && (job.progress?.step ?? 0) < (job.progress?.total_steps ?? 1);
      // Before the model is published the comparison grows, and the job goes on to write events; a stage adds its column when it has ended.
      const now = `${job.status} ${ended} ${job.status === 'running' && !training ? events.length : ''}`;
      if (now === asked || !(job.validation_file || rehearses(job)) || (training && ended === 0)) return;
      asked = now;
      const answer = await get(jobPath(id, '/evaluation')).catch(() => null);
      // Asked again meanwhile: what comes then is newer, even where it comes first.
      if (now !== asked) return;
      found = answer;
      box.hidden = !found;
      if (!found) return;
      heading.textContent = stages.length > 1 ? 'Base against every stage' : 'Base against tuned';
      note.textContent = [
        found.base.scored && `On ${count(found.base.scored)} examples of the validation file${found.base.answered ? `, of which ${count(found.base.answered)} were answered by all` : ''}.`,
        (found.comparisons?.length || found.reward_accuracy_interval) && 'Below a mean stands its 95 % interval.',
        found.base.general && `What was forgotten, on ${count(found.base.general.tokens)} tokens of general text that were held back.`,
      ].filter(Boolean).join(' ');
      table.classList.toggle('many', stages.length > 1);
      fill(table, ...scores(found, stages));
      fill(faults, faultsOf(found).map((fault) => h('p', {}, fault)));
      drawSamples();
    },
  };
}

/** The head and the body of the table: a column for each model, base first and the tuned one last. */
function scores(found, stages) {
  const between = stages.length > 1 ? (found.stages ?? []).slice(0, -1) : [];
  const kind = (at) => stages[at] && h('span', { class: 'sub' }, stages[at].type);
  const heads = ['', 'Base', ...between.map((stage, at) => [`Stage ${stage.stage}`, kind(at)]), between.length > 0 ? [`Stage ${between.length + 1}, tuned`, kind(between.length)] : 'Tuned', 'Gain', 'Better / worse / same'];
  return [h('thead', {}, h('tr', {}, heads.map((name, at) => h('th', { scope: 'col', class: at ? 'number' : null }, name)))), h('tbody', {}, rows(found, between))];
}

function rows(found, between) {
  const all = [found.base, ...between, found.tuned];
  const plain = ['loss', 'perplexity', 'token_accuracy'].filter((name) => all.some((model) => model[name] != null))
    .map((name) => row(names[name], name, all.map((model) => model[name])));
  const general = ['loss', 'perplexity'].filter((name) => all.some((model) => model.general))
    .map((name) => row(`${names[name]} on general text`, name, all.map((model) => model.general?.[name])));
  const measured = (stage, name) => stage.metrics?.find((one) => one.metric === name)?.tuned;
  const known = [...new Set([...(found.comparisons ?? []).map((one) => one.metric), ...between.flatMap((stage) => (stage.metrics ?? []).map((one) => one.metric))])];
  return [...plain, ...preference(found, between), ...general, ...known.map((name) => compared(name, found.comparisons?.find((one) => one.metric === name), between.map((stage) => measured(stage, name))))];
}

/** Of preferences, what the tuned model gained on the base, which is the reference and has none. */
function preference(found, between) {
  return ['reward_accuracy', 'reward_margin'].filter((name) => found[name] != null).map((name) => h('tr', {}, h('th', { scope: 'row' }, names[name]), h('td'), between.map(() => h('td')),
    scored(name, found[`${name}_interval`] ?? { mean: found[name] }, found[name] > (name === 'reward_accuracy' ? 0.5 : 0) ? 'up' : 'down'), h('td'), h('td')));
}

/** A sentence for each grader that could not grade all answers. */
export function faultsOf(found) {
  return (found.comparisons ?? []).filter((one) => one.faults?.base.count || one.faults?.tuned.count).map(({ metric, faults, wins, losses, ties }) => {
    const all = count(wins + losses + ties);
    return `${metric} could not grade ${count(faults.base.count)} of ${all} answers of the base and ${count(faults.tuned.count)} of ${all} of the tuned model, and what could not be graded counts 0: ${faults.base.first ?? faults.tuned.first}`;
  });
}

/** What an interval is written as beside its mean. */
export const range = (name, interval) => (interval?.low == null ? '' : `${write(name, interval.low)} to ${write(name, interval.high)}`);

const scored = (name, interval, turn = '') => h('td', { class: `number ${turn}` }, write(name, interval?.mean), range(name, interval) && h('span', { class: 'sub' }, range(name, interval)));

const rehearses = (job) => [job.method, ...(job.method?.recipe?.stages ?? [])].some((method) => method?.replay);

const better = (name, before, after) => (before == null || after == null || before === after ? '' : (after > before) === (name === 'token_accuracy') ? 'up' : 'down');

/** A figure of each model, coloured by whether the last one is better than the first. */
function row(label, name, values) {
  const cells = values.map((value, at) => h('td', { class: `number ${at === values.length - 1 ? better(name, values[0], value) : ''}` }, write(name, value)));
  return h('tr', {}, h('th', { scope: 'row' }, label), cells, h('td'), h('td'));
}

/** A score of the answers, each with its 95 % interval below it; what is gained is known once base and tuned model have answered. */
function compared(name, one, between) {
  const cell = (interval, turn) => scored(name, interval, turn);
  const gain = one && (name === 'exact_match' ? `${one.gain.mean >= 0 ? '+' : '−'}${percent(Math.abs(one.gain.mean))}` : figure(one.gain.mean));
  return h('tr', {}, h('th', { scope: 'row' }, names[name] ?? name), cell(one?.base), between.map((interval) => cell(interval)),
    cell(one?.tuned, !one ? '' : one.gain.mean > 0 ? 'up' : one.gain.mean < 0 ? 'down' : ''),
    h('td', { class: 'number' }, gain ?? '', one && h('span', { class: 'sub' }, range(name, one.gain))),
    h('td', { class: 'number' }, one ? `${count(one.wins)} / ${count(one.losses)} / ${count(one.ties)}` : ''));
}

function sample(one) {
  const answer = (label, given) => h('div', { class: 'answer' }, h('h4', {}, label, given.exact_match != null && h('span', { class: given.exact_match ? 'right' : 'wrong' }, given.exact_match ? ' ✓ right' : ' ✗ wrong')),
    h('p', { class: 'pre' }, seen(given.answer)),
    Object.entries(given.scores ?? {}).map(([name, value]) => h('span', { class: 'tag' }, `${name} ${value == null ? '–' : figure(value, 3)}`)));
  return h('article', { class: 'sample' }, h('p', { class: 'pre prompt' }, one.prompt), one.expected != null && h('p', { class: 'soft pre' }, h('b', {}, 'Expected: '), one.expected),
    h('div', { class: 'pair' }, answer('Base', one.base), answer('Tuned', one.tuned)));
}
