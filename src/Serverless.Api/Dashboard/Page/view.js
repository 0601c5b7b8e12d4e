// Small pieces of the page. Text goes in as text only, never as markup.

export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function show(target, visible) {
  target.hidden = !visible;
}

export const number = (value) => value.toLocaleString('en');

export const statusWord = (status) => status.replace('_', ' ');

/** Share of the steps that are done, or null when it is not known yet. */
export function progressOf(metrics) {
  return metrics?.total_steps ? Math.min(1, metrics.step / metrics.total_steps) : null;
}

function span(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** A time (seconds since 1970) in the past, as a person says it. */
export const ago = (time) => `${span(Date.now() / 1000 - time)} ago`;

/** A length of time that is not exact. */
export const about = (seconds) => `about ${span(seconds)}`;

/** Seconds that the rest of the training takes at the pace so far; before there is one, the service's own estimate, or null. */
export function secondsLeft(job, steps) {
  const [first, last] = [steps.at(0), steps.at(-1)];
  if (first && last.at - first.at >= 5) return ((last.at - first.at) / (last.step - first.step)) * (last.total_steps - last.step);
  const estimated = job.estimated_finish ? job.estimated_finish - Date.now() / 1000 : 0;
  return estimated > 0 ? estimated : null;
}
