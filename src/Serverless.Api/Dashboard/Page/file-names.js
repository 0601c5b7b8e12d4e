// Names of files by their ids, asked for once; until an answer comes the id stands in.
import { filePath, get } from './api.js';

const names = new Map();

export function nameOf(id) {
  if (!names.has(id)) {
    names.set(id, id);
    get(filePath(id)).then((file) => {
      names.set(id, file.filename);
      for (const shown of document.querySelectorAll(`[data-file="${CSS.escape(id)}"]`)) shown.textContent = file.filename;
    }).catch(() => {});
  }
  const shown = document.createElement('span');
  shown.dataset.file = id;
  shown.textContent = names.get(id);
  return shown;
}

export function learn(files) {
  for (const file of files) names.set(file.id, file.filename);
}
