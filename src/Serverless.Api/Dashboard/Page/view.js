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

/** How long until a time in the future. */
export const until = (time) => `about ${span(time - Date.now() / 1000)}`;
