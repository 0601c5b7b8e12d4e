import * as api from './api.js';
import { draw } from './curve.js';
import { about, ago, element, number, progressOf, secondsLeft, show, statusWord } from './view.js';

const pollSeconds = 2;
const find = (id) => document.getElementById(id);

let olderJobs = [];
let eventsOf = '';
let events = new Map();
let timer = 0;

const opened = () => new URLSearchParams(location.hash.slice(1)).get('job');

async function showJobs() {
  const page = await api.jobs();
  const newest = page.data;
  const all = [...newest, ...olderJobs.filter((old) => !newest.some((job) => job.id === old.id))];
  const metrics = new Map();
  for (const job of newest.filter((one) => one.status === 'running' || one.status === 'paused')) metrics.set(job.id, await api.newestMetrics(job.id));

  find('job-table').tBodies[0].replaceChildren(...all.map((job) => {
    const link = element('a', { href: `#job=${encodeURIComponent(job.id)}`, class: 'id' }, job.id);
    const progress = job.status === 'succeeded' ? 1 : progressOf(metrics.get(job.id));
    return element('tr', {}, element('td', {}, link), element('td', {}, job.fine_tuned_model ?? job.model),
      element('td', {}, element('span', { class: `status ${job.status}` }, statusWord(job.status))),
      element('td', {}, progress === null ? '' : bar(progress)), element('td', { class: 'nowrap' }, ago(job.created_at)));
  }));
  show(find('no-jobs'), all.length === 0);
  show(find('job-table'), all.length > 0);
  show(find('more-jobs'), olderJobs.length === 0 ? page.has_more : olderJobs.hasMore);
  find('more-jobs').onclick = async () => {
    const older = await api.jobs(all.at(-1).id);
    olderJobs = Object.assign([...all, ...older.data], { hasMore: older.has_more });
    await refresh();
  };
}

function bar(share) {
  const filled = element('span', {});
  filled.style.width = `${(100 * share).toFixed(1)}%`;
  return element('div', { class: 'progress', role: 'progressbar', 'aria-valuenow': Math.round(100 * share), 'aria-valuemin': 0, 'aria-valuemax': 100 }, filled);
}

async function showJob(id) {
  if (eventsOf !== id) [eventsOf, events] = [id, new Map()];
  const job = await api.job(id);
  await api.newEvents(id, events);
  // Ids count up within a job, and the map holds a newer stretch after an older one: order by id.
  const ordered = [...events.values()].sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
  const steps = ordered.filter((event) => event.type === 'metrics' && Number.isFinite(event.data.train_loss))
    .map((event) => ({ ...event.data, at: event.created_at })).sort((a, b) => a.step - b.step);
  const last = steps.at(-1) ?? null;

  find('job-name').textContent = job.fine_tuned_model ?? job.id;
  find('job-error').textContent = job.error?.message ?? '';
  show(find('job-error'), Boolean(job.error?.message));
  const progress = job.status === 'succeeded' ? 1 : progressOf(last);
  find('job-progress').replaceChildren(...(progress === null ? [] : [bar(progress).firstChild]));
  show(find('job-progress'), progress !== null);
  showFacts(job, last, job.status === 'running' ? secondsLeft(job, steps) : null);
  draw(document.querySelector('#curve svg'), steps.map((data) => ({ x: data.step, y: data.train_loss })));
  show(find('curve'), steps.length > 0);
  find('curve-value').textContent = last ? `step ${number(last.step)}: ${last.train_loss.toFixed(4)}` : '';
  find('events').replaceChildren(...ordered.filter((event) => event.type !== 'metrics').reverse().map((event) => {
    const when = new Date(event.created_at * 1000);
    return element('li', {}, element('time', { datetime: when.toISOString() }, when.toLocaleTimeString()), element('span', { class: event.level }, event.message));
  }));
}

function showFacts(job, last, left) {
  const facts = {
    Job: job.fine_tuned_model && job.id,
    Status: statusWord(job.status),
    'Base model': job.model,
    Method: job.method?.type,
    Step: last && `${number(last.step)}${last.total_steps ? ` of ${number(last.total_steps)}` : ''}`,
    'Token accuracy': Number.isFinite(last?.train_mean_token_accuracy) ? `${(100 * last.train_mean_token_accuracy).toFixed(1)} %` : null,
    Speed: last?.tokens_per_second && `${number(Math.round(last.tokens_per_second))} tokens/s`,
    'Trained tokens': job.trained_tokens && number(job.trained_tokens),
    Remaining: left === null ? null : about(left),
    Created: ago(job.created_at),
    Finished: job.finished_at && ago(job.finished_at),
    'Training file': job.training_file,
    'Validation file': job.validation_file,
  };
  find('job-facts').replaceChildren(...Object.entries(facts).filter(([, value]) => value)
    .map(([fact, value]) => element('div', {}, element('dt', {}, fact), element('dd', {}, value))));
}

async function refresh() {
  clearTimeout(timer);
  const id = opened();
  const state = find('state');
  try {
    await (id ? showJob(id) : showJobs());
    show(find('key'), false);
    show(find('jobs'), !id);
    show(find('job'), Boolean(id));
    state.className = '';
    state.textContent = `As of ${new Date().toLocaleTimeString()}`;
  } catch (error) {
    state.className = 'gone';
    state.textContent = error instanceof api.Refused ? error.message : 'The service does not answer; trying again.';
    if (error instanceof api.Refused && error.status === 401) {
      show(find('key'), true);
      return;
    }
  }
  if (opened() !== id) await refresh();
  else if (!document.hidden) timer = setTimeout(refresh, 1000 * pollSeconds);
}

find('key').addEventListener('submit', (event) => {
  event.preventDefault();
  api.useKey(find('secret').value);
  find('secret').value = '';
  refresh();
});
addEventListener('hashchange', refresh);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
refresh();
