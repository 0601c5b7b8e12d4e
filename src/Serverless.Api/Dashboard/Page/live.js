// The stream of updates: one for the page, closed while nobody looks, opened again by itself, going on where it was.
import { call, onLost } from './api.js';

const news = new EventTarget();
const feeds = new Map();
const places = new Map();
const patienceSeconds = 4;

let source = null;
let watched = [];
let retry = 0;
let waits = 1;
let lastHeard = Date.now();
let told = 'connecting';
let locked = false;

/** The newest jobs, and whether there are older ones; null before they are known. */
export let list = null;

/** What is known of a watched job: the job, its steps and messages in order. */
export function feedOf(id) {
  if (!feeds.has(id)) feeds.set(id, { id, job: null, steps: [], events: [], missing: false });
  return feeds.get(id);
}

/** Watches these jobs from now on, besides the list. */
export function watch(ids) {
  if (source && ids.length === watched.length && ids.every((id, at) => id === watched[at])) return;
  watched = [...ids];
  open();
}

/** Calls back on `jobs`, `feed` (detail: the job's id) or `state` (detail: connecting, live or gone). Returns what ends it. */
export function on(name, call) {
  const listener = (event) => call(event.detail);
  news.addEventListener(name, listener);
  return () => news.removeEventListener(name, listener);
}

export const state = () => told;

/** When the service was last heard of, as a Date. */
export const heard = () => new Date(lastHeard);

/** Asks for updates (again), as after a key was given. */
export function open() {
  locked = false;
  close();
  if (document.hidden) return;
  const query = new URLSearchParams(watched.map((id) => ['job', id]));
  const after = watched.filter((id) => places.has(id)).map((id) => `${id}=${places.get(id)}`).join(';');
  if (after) query.set('after', after);
  source = new EventSource(`/v1/fine_tuning/updates?${query}`);
  source.onopen = () => { waits = 1; say('live'); };
  source.onerror = failed;
  listen('jobs', (page) => { list = page; tell('jobs'); });
  listen('job', (job) => { feedOf(job.id).job = job; tell('feed', job.id); });
  listen('steps', ({ job, steps }) => {
    const feed = feedOf(job);
    const last = feed.steps.at(-1)?.step ?? 0;
    feed.steps.push(...steps.filter((step) => step.step > last));
    tell('feed', job);
  });
  listen('log', ({ job, events }) => { feedOf(job).events.push(...events); tell('feed', job); });
  listen('reset', ({ job }) => { Object.assign(feedOf(job), { steps: [], events: [] }); tell('feed', job); });
  listen('missing', ({ job }) => { feedOf(job).missing = true; tell('feed', job); });
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function listen(name, take) {
  const from = source;
  source.addEventListener(name, (event) => {
    if (from !== source) return;
    lastHeard = Date.now();
    for (const entry of event.lastEventId.split(';')) {
      const [id, place] = entry.split('=');
      if (place) places.set(id, place);
    }
    take(JSON.parse(event.data));
    say('live');
  });
}

function failed() {
  // A stream that ends in time is opened again by the browser within a second; only what lasts is told.
  const broken = source;
  setTimeout(() => { if (broken === source && broken?.readyState !== EventSource.OPEN && !document.hidden) say('gone'); }, 1000 * patienceSeconds);
  if (source?.readyState !== EventSource.CLOSED) return;
  close();
  if (locked || document.hidden) return;
  if (waits > 2) say('gone');
  // The browser gives up on an answer that is no stream, so this asks again, ever more rarely.
  retry = setTimeout(open, 1000 * waits);
  call('GET', '/dashboard/session').then((session) => session.required && !session.name && location.reload(), () => {});
  waits = Math.min(10, waits * 2);
}

function say(next) {
  if (next === told) return;
  told = next;
  tell('state', next);
}

const pending = new Set();

/** Tells listeners once per turn, however many messages came in it. */
function tell(name, detail) {
  const key = `${name} ${name === 'state' ? '' : detail ?? ''}`;
  if (pending.has(key)) return;
  pending.add(key);
  setTimeout(() => {
    pending.delete(key);
    news.dispatchEvent(new CustomEvent(name, { detail: name === 'state' ? told : detail }));
  });
}

document.addEventListener('visibilitychange', () => (document.hidden ? close() : locked || open()));
onLost(() => { locked = true; close(); });
