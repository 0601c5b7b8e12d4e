// Sends a file and tells how far it is. (fetch does not say how much of a body has gone out.)
import { Refused } from './api.js';

/** @param onProgress is called with a share from 0 to 1. Returns { done: a promise of the file, abort }. */
export function upload(file, onProgress) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append('purpose', 'fine-tune');
  form.append('file', file, file.name);
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body);
      else reject(new Refused(request.status, body?.error));
    };
    request.onerror = () => reject(new Refused(0));
    request.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
  });
  request.open('POST', '/v1/files');
  request.send(form);
  return { done, abort: () => request.abort() };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
