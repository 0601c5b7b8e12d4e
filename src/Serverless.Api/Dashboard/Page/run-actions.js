// What can be done with a run at its status.
import { jobPath, post } from './api.js';
import { h } from './dom.js';
import { money } from './format.js';
import { icon } from './icons.js';
import { attempt, confirmed, numberAsked } from './notices.js';
import { address, go } from './router.js';
import { recipeOf } from './run-request.js';
import { costOf, isFinal, title } from './status.js';

/** The buttons that fit a job. */
export function actions(job) {
  const act = (verb, done, body) => attempt(() => post(jobPath(job.id, `/${verb}`), body), done);
  const made = [];
  if (['validating_files', 'queued', 'running'].includes(job.status)) {
    made.push(job.requested === 'pause'
      ? h('button', { onclick: () => act('resume', 'The run goes on.') }, icon('resume'), 'Do not pause')
      : h('button', { onclick: () => act('pause', 'The run pauses when it has stored its state.') }, icon('pause'), 'Pause'));
  }
  if (job.status === 'paused') made.push(h('button', { class: 'primary', onclick: () => resume(job, act) }, icon('resume'), 'Resume'));
  if (!isFinal(job.status) && job.requested !== 'cancel') {
    made.push(h('button', { class: 'danger', onclick: async () => {
      if (await confirmed('Cancel this run?', `“${title(job)}” ends without a model. Its checkpoints, events and curves stay.`, 'Cancel the run')) act('cancel', 'The run is being cancelled.');
    } }, icon('stop'), 'Cancel'));
  }
  if (job.fine_tuned_model) made.push(h('a', { class: 'button primary', href: address('play', null, { a: job.model, b: job.fine_tuned_model }) }, icon('play'), 'Compare in the playground'));
  if (isFinal(job.status)) {
    // The form makes jobs of one method.
    made.push(job.method?.recipe
      ? h('button', { onclick: () => repeat(job) }, icon('again'), 'Run again')
      : h('a', { class: 'button', href: address('new', null, { from: job.id }) }, icon('again'), 'Run again'));
  }
  return made;
}

async function repeat(job) {
  if (!(await confirmed('Run this recipe again?', `A new run of the same ${job.method.recipe.stages.length} stages, with the same files, settings and seed, stands in the queue at once.`, 'Run again'))) return;
  const made = await attempt(() => post('/v1/fine_tuning/jobs', recipeOf(job)), 'The run is in the queue.');
  if (made) go('runs', made.id);
}

/** A run that has used up its budget goes on with a larger one only. */
async function resume(job, act) {
  const done = 'The run is in the queue again.';
  if (job.budget == null || !(costOf(job) >= job.budget)) return act('resume', done);
  const budget = await numberAsked('Resume with a larger budget', `The run has cost ${money(costOf(job), job.cost.currency)} of ${money(job.budget, job.cost.currency)}. It may cost, in ${job.cost.currency}:`, 2 * job.budget, 'Resume');
  return budget === null ? null : act('resume', done, { budget });
}
