// One endpoint: what it is asked with, what it answers, and how it refuses. What a closed one holds is made when it is opened.
import { h } from './dom.js';
import { answerOf, bodyOf, curlOf, exampleOf, faultsOf, isOurs, textOf } from './docs-read.js';
import { answerFields, fields, parameterFields } from './docs-fields.js';
import { inline } from './markdown.js';
import { copyButton } from './notices.js';

export function operation(api, one) {
  const body = h('div', { class: 'op-body' });
  const made = h('details', { class: 'card op', id: one.id },
    h('summary', {}, h('span', { class: `verb ${one.method}` }, one.method), h('code', { class: 'path' }, one.path), h('h3', {}, one.summary), isOurs(one) && h('span', { class: 'ours', title: 'Not part of OpenAI’s API' }, 'ours')),
    body);
  // What a page has never looked at costs nothing.
  made.addEventListener('toggle', () => made.open && body.childElementCount === 0 && body.append(told(api, one), shown(api, one)));
  return made;
}

function told(api, one) {
  const [body, answer] = [bodyOf(api, one), answerOf(api, one)];
  const text = textOf(one);
  const faults = faultsOf(api, one);
  return h('div', { class: 'stack' },
    text && h('p', {}, inline(text)),
    one.parameters?.length > 0 && part('Parameters', parameterFields(api, one.parameters)),
    body && part(body.type === 'application/json' ? 'Body' : 'Form', fields(api, body.schema)),
    answer.schema ? h('details', { class: 'fold' }, h('summary', {}, `Answer ${answer.status}`), answerFields(api, answer.schema))
      : h('p', { class: 'soft' }, `Answer ${answer.status}: `, answer.types.map((type) => h('code', {}, type))),
    faults.length > 0 && part('Errors', h('dl', { class: 'faults-of' }, faults.map((fault) => h('div', {}, h('dt', {}, h('code', {}, fault.code)), h('dd', {}, fault.text))))));
}

function shown(api, one) {
  const answer = answerOf(api, one);
  const example = answer.schema && exampleOf(api, answer.schema);
  return h('div', { class: 'shown' },
    block('Request', curlOf(api, one, location.origin)),
    example !== undefined && example !== null && block('Answer', JSON.stringify(example, null, 2)));
}

const part = (name, content) => h('section', {}, h('h4', {}, name), content);

const block = (name, text) => h('figure', { class: 'code' }, h('figcaption', {}, name, copyButton(text)), h('pre', { tabindex: '0', 'aria-label': name }, text));
