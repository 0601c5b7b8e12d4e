// One data set: what intake found in it.
import { filePath, get, remove } from './api.js';
import { filePill } from './datasets.js';
import { fill, h } from './dom.js';
import { examples } from './examples.js';
import { learn } from './file-names.js';
import { ago, bytes, count, percent } from './format.js';
import { histogram } from './histogram.js';
import { icon } from './icons.js';
import { attempt, confirmed, copyButton } from './notices.js';
import { address, go } from './router.js';

const formats = {
  chat: 'conversations', prompt_completion: 'prompts and completions', preference: 'preferences', reinforcement: 'prompts for rewards', text: 'texts', plain_text: 'plain text',
};

export function show(root, { id }) {
  let [timer, closed, drawn] = [0, false, false];
  const [head, facts, faults, lengths] = [h('div', { class: 'head' }), h('dl', { class: 'facts' }), h('div'), h('section', { class: 'card', hidden: true })];
  const shown = examples(id);
  root.append(h('p', { class: 'back' }, h('a', { href: '#/data' }, '← All data sets')), head, facts, faults, lengths, shown.box);

  async function load() {
    let [file, report] = [null, null];
    try {
      file = await get(filePath(id));
      report = await get(filePath(id, '/report')).catch(() => null);
    } catch (refused) {
      fill(head, h('div', { class: 'empty' }, h('h2', {}, refused.message)));
      if (refused.status === 404 || closed) return;
    }
    if (closed) return;
    if (file) draw(file, report);
    if (!file || file.status === 'uploaded') timer = setTimeout(load, 1000);
  }

  function draw(file, report) {
    learn([file]);
    document.title = `${file.filename} · Serverless`;
    fill(head, h('div', {}, h('h1', {}, file.filename), h('p', { class: 'row state-line' }, filePill(file), h('span', { class: 'soft number' }, reading(file, report)))), h('div', { class: 'row actions' },
      file.status === 'processed' && h('a', { class: 'button primary', href: address('new', null, { file: id }) }, icon('plus'), 'Train on it'),
      h('a', { class: 'button', href: filePath(id, '/content'), download: file.filename }, icon('download'), 'Download'),
      h('button', { class: 'danger', onclick: erase }, icon('trash'), 'Delete')));
    fill(facts, factsOf(file, report));
    fill(faults, faultsOf(file, report));
    lengths.hidden = !report?.token_histogram.some((bucket) => bucket.sequences > 0);
    fill(lengths, h('h2', {}, 'Lengths in tokens'), histogram(report?.token_histogram ?? []),
      h('p', { class: 'soft' }, `The longest has ${count(report?.longest_tokens)} tokens and begins in line ${count(report?.longest_line)}.`));
    if (report?.format && file.status !== 'uploaded' && !drawn) {
      drawn = true;
      shown.load();
    }
  }

  async function erase() {
    if (!(await confirmed('Delete this data set?', 'Jobs that have not read it yet will fail. What was trained on it stays.', 'Delete'))) return;
    if (await attempt(() => remove(filePath(id)), 'Deleted.')) go('data');
  }

  load();
  return () => { closed = true; clearTimeout(timer); };
}

const reading = (file, report) => (file.status !== 'uploaded' ? '' : report ? `${percent(report.bytes_read / report.bytes)} read` : 'waiting to be read');

function factsOf(file, report) {
  const pairs = [
    ['Kind', report?.format && h('span', { title: report.format_reason }, formats[report.format] ?? report.format)],
    ['Examples', report && count(report.examples)],
    ['Tokens', report?.tokens && count(report.tokens)],
    ['Learned', report?.tokens && report.trained_tokens && `${count(report.trained_tokens)} tokens, ${percent(report.trained_tokens / report.tokens)}`],
    ['Size', bytes(file.bytes)],
    ['Added', ago(file.created_at)],
    ['Expires', file.expires_at && new Date(file.expires_at * 1000).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })],
    ['File', h('span', {}, h('code', {}, file.id), ' ', copyButton(file.id)), 'wide'],
  ];
  return pairs.filter(([, value]) => value).map(([name, value, kind]) => h('div', { class: kind }, h('dt', {}, name), h('dd', {}, value)));
}

function faultsOf(file, report) {
  const listed = report?.faults ?? (file.status_details ?? '').split('\n').filter(Boolean);
  const total = report?.fault_count ?? listed.length;
  return [
    total > 0 && h('section', { class: 'card faults' }, h('h2', {}, total === 1 ? '1 fault' : `${count(total)} faults`), h('ol', {}, listed.map((text) => fault(text, file.filename))),
      total > listed.length && h('p', { class: 'soft' }, `and ${count(total - listed.length)} more`)),
    report?.warnings.length > 0 && h('section', { class: 'card warnings' }, h('h2', {}, 'Worth knowing'), h('ul', {}, report.warnings.map((text) => fault(text, file.filename)))),
  ];
}

/** `train.jsonl line 37, messages[2].role: found …` as line, field and finding. */
function fault(text, name) {
  const rest = text.startsWith(name) ? text.slice(name.length).replace(/^[:\s]+/, '') : text;
  const [, line, field, finding] = /^line (\d+)(?:, ([^:]+))?: (.*)$/s.exec(rest) ?? [null, null, null, rest];
  return h('li', {}, line && h('span', { class: 'line number' }, `line ${count(Number(line))}`), field && h('code', {}, field), h('span', { class: 'pre' }, finding));
}
