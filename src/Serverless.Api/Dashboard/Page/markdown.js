// Shows a model card: headings, paragraphs, lists, tables, quotes and code of Markdown, built as elements; everything else as its text.
import { h } from './dom.js';

export function markdown(source) {
  const lines = source.replace(/^---\n[\s\S]*?\n---\n/, '').split('\n');
  const made = [];
  for (let at = 0; at < lines.length;) {
    const take = (fits) => {
      const from = at;
      while (at < lines.length && fits(lines[at])) at += 1;
      return lines.slice(from, at);
    };
    const line = lines[at];
    const heading = /^(#{1,5}) (.*)/.exec(line);
    if (heading) {
      made.push(h(`h${Math.min(4, heading[1].length + 1)}`, {}, inline(heading[2])));
      at += 1;
    } else if (line.startsWith('```')) {
      at += 1;
      const code = take((one) => !one.startsWith('```'));
      at += 1;
      made.push(h('pre', {}, code.join('\n')));
    } else if (line.startsWith('|')) made.push(table(take((one) => one.startsWith('|'))));
    else if (/^[-*] /.test(line)) made.push(h('ul', {}, take((one) => /^[-*] |^  /.test(one)).map((one) => h('li', {}, inline(one.replace(/^[-*] /, ''))))));
    else if (line.startsWith('>')) made.push(h('blockquote', { class: 'pre' }, take((one) => one.startsWith('>')).map((one) => one.replace(/^> ?/, '')).join('\n')));
    else if (line.trim() === '') at += 1;
    else made.push(h('p', {}, inline(take((one) => one.trim() !== '' && !/^(#|```|\||[-*] |>)/.test(one)).join(' '))));
  }
  return made;
}

function table(lines) {
  const cells = (line) => line.replace(/^\||\|\s*$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim());
  const numeric = (text) => /^[−+-]?[\d.,]+(e[−+-]?\d+)?( ?%)?$/i.test(text);
  const [head, , ...rows] = lines.map(cells);
  const kind = (at) => (rows.length > 0 && rows.every((row) => !row[at] || row[at] === '–' || numeric(row[at])) ? 'number' : null);
  return h('div', { class: 'scroll' }, h('table', { class: 'plain' }, head.some(Boolean) && h('thead', {}, h('tr', {}, head.map((cell, at) => h('th', { class: kind(at) }, inline(cell))))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell, at) => h('td', { class: kind(at) }, inline(cell))))))));
}

/** Code and bold within a line. Links are shown as their text: a card may come from anywhere. */
export function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (/^`.+`$/.test(part)) return h('code', {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return h('b', {}, part.slice(2, -2));
    return part.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replace(/\\([\\`*_{}[\]()#+.!|<>~-])/g, '$1');
  });
}
