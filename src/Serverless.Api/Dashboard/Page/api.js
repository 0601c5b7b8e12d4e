// Talks to the service. The browser sends the session's cookie by itself; the page never holds a key.

/** Thrown when the service answers with an error; status 401 means that a key is needed, 0 that there was no answer at all. */
export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? (status === 0 ? 'The service does not answer.' : `The service answered ${status}.`));
    this.status = status;
    this.code = error?.code ?? null;
    this.param = error?.param ?? null;
  }
}

const lost = new EventTarget();

/** Calls back when a request finds that the session has ended. */
export const onLost = (call) => lost.addEventListener('lost', call);

/** Asks for an answer in JSON (or text). */
export async function call(method, path, { body, signal, as = 'json' } = {}) {
  const answer = await send(method, path, { body, signal });
  return answer.status === 204 ? null : answer[as]();
}

/** Asks, and returns the answer once its headers are there; whatever is no success is thrown. */
export async function send(method, path, { body, signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method, signal, headers: body === undefined ? {} : { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (fault) {
    if (fault.name === 'AbortError') throw fault;
    throw new Refused(0);
  }
  if (answer.ok) return answer;
  const refused = await refusal(answer);
  if (refused.status === 401) lost.dispatchEvent(new Event('lost'));
  throw refused;
}

export async function refusal(answer) {
  const said = await answer.json().catch(() => null);
  return new Refused(answer.status, said?.error);
}

export const get = (path, options) => call('GET', path, options);

export const post = (path, body, options) => call('POST', path, { ...options, body });

export const remove = (path) => call('DELETE', path);

export const part = encodeURIComponent;

/** The path of a job, or of something below it. */
export const jobPath = (id, below = '') => `/v1/fine_tuning/jobs/${part(id)}${below}`;

export const filePath = (id, below = '') => `/v1/files/${part(id)}${below}`;

export const modelPath = (id, below = '') => `/v1/models/${part(id)}${below}`;
