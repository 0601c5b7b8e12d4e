// What says at a glance how a job stands.
import { h } from './dom.js';
import { count, duration, percent } from './format.js';

const words = {
  validating_files: 'checking', queued: 'queued', running: 'running', paused: 'paused', succeeded: 'succeeded', failed: 'failed', cancelled: 'cancelled',
};

export const isFinal = (status) => ['succeeded', 'failed', 'cancelled'].includes(status);

export function pill(job) {
  const waiting = { pause: 'pausing', cancel: 'cancelling' }[job.requested];
  return h('span', { class: `pill ${job.status}` }, waiting && job.status !== 'paused' ? waiting : words[job.status] ?? job.status);
}

/** The share of the steps that are done; 1 for what has succeeded, null when it is not known. */
export function share(job) {
  if (job.status === 'succeeded') return 1;
  return job.progress?.total_steps ? Math.min(1, job.progress.step / job.progress.total_steps) : null;
}

export function bar(job) {
  const done = share(job);
  if (done === null) return null;
  return h('div', {
    class: `bar ${job.status}`, role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(100 * done),
  }, h('span', { style: { width: `${(100 * done).toFixed(1)}%` } }));
}

/** Seconds that are left, as far as it is known: by the pace of the last steps, before there is one by the service's estimate. */
export function secondsLeft(job) {
  if (job.status !== 'running') return null;
  if (job.progress?.seconds_left != null) return job.progress.seconds_left;
  const left = job.estimated_finish ? job.estimated_finish - Date.now() / 1000 : 0;
  return left > 0 ? left : null;
}

/** `step 120 of 480 · 25.0 % · about 3 min left` */
export function progressLine(job) {
  const { step, total_steps: total } = job.progress ?? {};
  if (!total || isFinal(job.status)) return '';
  if (step >= total && job.status === 'running') return `all ${count(total)} steps trained, evaluating and publishing`;
  const left = secondsLeft(job);
  return [`step ${count(step)} of ${count(total)}`, percent(step / total), left === null ? '' : `about ${duration(left)} left`].filter(Boolean).join(' · ');
}

/** How long a job has trained, or did; null before it began. Paused and cancelled ones tell no end, and older ones no beginning: of these it is the work that they cost. */
export function elapsed(job) {
  const end = job.status === 'running' ? Date.now() / 1000 : job.finished_at;
  if (job.started_at && end) return end - job.started_at;
  return job.cost?.seconds || (job.finished_at ? job.finished_at - job.created_at : null);
}

/** What a person calls a run: the suffix its owner gave, else its base. */
export const title = (job) => job.user_provided_suffix ?? job.model;

/** The last characters of an id, which tell runs of one name apart. */
export const tail = (id) => id.slice(-6);

/** The money a job has cost so far, where the service says it. */
export const costOf = (job) => job.cost?.amount ?? null;
