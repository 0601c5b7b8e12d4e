// The files that a run left: its metrics as a table, and the folder of its published model.
import { filePath, get, modelPath } from './api.js';
import { fill, h } from './dom.js';
import { bytes } from './format.js';
import { icon } from './icons.js';

export function artefacts() {
  const list = h('ul', { class: 'files' });
  const box = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Files'), list);
  let asked = '';
  return {
    box,
    async show({ job }) {
      const now = `${job.result_files} ${job.fine_tuned_model}`;
      if (now === asked) return;
      asked = now;
      const results = await Promise.all(job.result_files.map((id) => get(filePath(id)).catch(() => null)));
      const folder = job.fine_tuned_model ? await get(modelPath(job.fine_tuned_model, '/files')).catch(() => ({ data: [] })) : { data: [] };
      const files = [
        ...results.filter(Boolean).map((file) => download(file.filename, file.bytes, filePath(file.id, '/content'))),
        ...folder.data.map((part) => download(part.path, part.bytes, part.url)),
      ];
      box.hidden = files.length === 0;
      fill(list, files);
    },
  };
}

/** A line with a file's name, its size and the link that downloads it. */
export function download(name, size, url) {
  return h('li', {}, h('a', { href: url, download: name.split('/').at(-1) }, icon('download', 16), name), h('span', { class: 'soft number' }, bytes(size)));
}
