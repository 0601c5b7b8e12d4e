// The files that a run left: its metrics as a table, and the folder of its published model; of a policy also what it has answered so far.
import { filePath, get, jobPath, modelPath } from './api.js';
import { fill, h } from './dom.js';
import { bytes } from './format.js';
import { icon } from './icons.js';

const rollouts = 'rollouts.jsonl';

/** Whether a run has a policy that answers, or had one by its end. */
const draws = (job) => !['validating_files', 'queued'].includes(job.status) && [job.method, ...(job.method?.recipe?.stages ?? [])].some((one) => one?.type === 'reinforcement');

export function artefacts() {
  const list = h('ul', { class: 'files' });
  const box = h('section', { class: 'card', hidden: true }, h('h2', {}, 'Files'), list);
  let asked = '';
  return {
    box,
    async show({ job }) {
      const now = `${job.result_files} ${job.fine_tuned_model} ${job.status}`;
      if (now === asked) return;
      asked = now;
      const results = await Promise.all(job.result_files.map((id) => get(filePath(id)).catch(() => null)));
      const folder = job.fine_tuned_model ? await get(modelPath(job.fine_tuned_model, '/files')).catch(() => ({ data: [] })) : { data: [] };
      const answers = draws(job) && !results.some((file) => file?.filename.endsWith(rollouts));
      const files = [
        ...(answers ? [download(rollouts, null, jobPath(job.id, '/rollouts'))] : []),
        ...results.filter(Boolean).map((file) => download(file.filename, file.bytes, filePath(file.id, '/content'))),
        ...folder.data.map((part) => download(part.path, part.bytes, part.url)),
      ];
      box.hidden = files.length === 0;
      fill(list, files);
    },
  };
}

/** A line with a file's name, its size if that is known, and the link that downloads it. */
export function download(name, size, url) {
  return h('li', {}, h('a', { href: url, download: name.split('/').at(-1) }, icon('download', 16), name), size == null ? null : h('span', { class: 'soft number' }, bytes(size)));
}
