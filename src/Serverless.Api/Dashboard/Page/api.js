// Talks to the service. A key lives only as long as the page: it is kept in no storage of the browser.
let key = '';

export function useKey(secret) {
  key = secret;
}

/** Thrown when the service answers with an error; status 401 means that a (another) key is needed. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function get(path) {
  const answer = await fetch(`/v1${path}`, { headers: key ? { Authorization: `Bearer ${key}` } : {} });
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, body?.error?.message ?? `The service answered ${answer.status}.`);
  return body;
}

/** A page of jobs, newest first. */
export const jobs = (after) => get(`/fine_tuning/jobs?limit=20${after ? `&after=${encodeURIComponent(after)}` : ''}`);

export const job = (id) => get(`/fine_tuning/jobs/${encodeURIComponent(id)}`);

/** The newest metrics of a job, or null. */
export async function newestMetrics(id) {
  const page = await get(`/fine_tuning/jobs/${encodeURIComponent(id)}/events?limit=5`);
  return page.data.find((event) => event.type === 'metrics')?.data ?? null;
}

/** Adds to `known` (a map by id) the events that it lacks, walking from the newest back until one is known. */
export async function newEvents(id, known) {
  let after = '';
  for (;;) {
    const page = await get(`/fine_tuning/jobs/${encodeURIComponent(id)}/events?limit=500${after}`);
    const fresh = page.data.filter((event) => !known.has(event.id));
    for (const event of fresh) known.set(event.id, event);
    if (!page.has_more || fresh.length < page.data.length) return;
    after = `&after=${encodeURIComponent(page.data.at(-1).id)}`;
  }
}
