// Sends a file and tells how far it is. (fetch does not say how much of a body has gone out.)
import { Refused, part, post } from './api.js';

// The most that goes in one request, a larger file in parts of it: as much as the service takes in a part, and less than where proxies and clouds end.
const mostInPart = 64 * 1024 * 1024;
const tries = 3;

/** @param onProgress is called with a share from 0 to 1. Returns { done: a promise of the file, abort }. */
export function upload(file, onProgress) {
  const stopped = new AbortController();
  const done = file.size > mostInPart ? inParts(file, stopped.signal, onProgress) : send('/v1/files', { purpose: 'fine-tune', file }, stopped.signal, onProgress);
  return { done, abort: () => stopped.abort(new DOMException('The upload was stopped.', 'AbortError')) };
}

async function inParts(file, signal, onProgress) {
  const { id } = await post('/v1/uploads', { filename: file.name, purpose: 'fine-tune', bytes: file.size, mime_type: file.type || 'application/octet-stream' }, { signal });
  const path = `/v1/uploads/${part(id)}`;
  try {
    const parts = [];
    for (let at = 0; at < file.size; at += mostInPart) {
      const data = file.slice(at, at + mostInPart);
      parts.push((await sendPart(`${path}/parts`, data, signal, (share) => onProgress((at + share * data.size) / file.size))).id);
    }
    return (await post(`${path}/complete`, { part_ids: parts }, { signal })).file;
  } catch (fault) {
    // What has arrived need not wait for the upload's end; where this fails too, it does.
    post(`${path}/cancel`).catch(() => {});
    throw fault;
  }
}

/** A part goes again where the connection broke or the service was too busy for it: the rest of a large file need not. */
async function sendPart(path, data, signal, onProgress) {
  for (let left = tries - 1; ; left--) {
    try {
      return await send(path, { data }, signal, onProgress);
    } catch (fault) {
      const mayPass = fault instanceof Refused && (fault.status === 0 || fault.status === 429 || fault.status >= 500);
      if (!mayPass || left === 0) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 1000 * (tries - left)));
      signal.throwIfAborted();
    }
  }
}

/** Posts a form; returns a promise of the answer. */
function send(path, fields, signal, onProgress) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => request.abort());
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body);
      else reject(new Refused(request.status, body?.error));
    };
    request.onerror = () => reject(new Refused(0));
    request.onabort = () => reject(signal.reason);
    request.open('POST', path);
    request.send(form);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
