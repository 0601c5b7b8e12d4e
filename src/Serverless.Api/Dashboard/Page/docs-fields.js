// Fields with their types, defaults and limits; those of an object within fold out below it.
import { h } from './dom.js';
import { fieldsOf, isOurs, resolve, textOf, typeOf } from './docs-read.js';
import { inline } from './markdown.js';

const deepest = 5;

/** The fields of what is sent. */
export const fields = (api, schema, depth = 0) => list(fieldsOf(api, schema).map((field) => row(api, field, depth, true)));

/** The fields of what is answered: nothing of them is required, or left out for a default. */
export function answerFields(api, schema) {
  const all = schema.oneOf ? schema.oneOf.map((one) => resolve(api, one)) : [schema];
  return all.map((one) => h('div', {}, all.length > 1 && h('h4', {}, one.properties?.object?.const), list(fieldsOf(api, one).map((field) => row(api, field, 0, false)))));
}

export const parameterFields = (api, parameters) => list(parameters.map((one) => row(
  api, { name: one.name, schema: { ...resolve(api, one.schema), description: one.description }, required: one.required ?? false, inner: null, place: one.in }, 0, true)));

const list = (rows) => h('dl', { class: 'fields' }, rows);

function row(api, field, depth, asked) {
  const { schema } = field;
  const text = textOf(schema);
  return h('div', {},
    h('dt', {}, h('code', {}, field.name), h('span', { class: 'type' }, typeOf(api, schema)),
      field.place && field.place !== 'query' && h('span', { class: 'type' }, field.place), asked && field.required && h('span', { class: 'must' }, 'required'),
      asked && schema.default !== undefined && h('span', { class: 'type' }, 'default ', h('code', {}, JSON.stringify(schema.default))), isOurs(schema) && h('span', { class: 'ours' }, 'ours')),
    text && h('dd', {}, inline(text)),
    field.inner && depth < deepest && folded(api, field, depth, asked));
}

/** An object's own fields are made when it is opened: objects hold each other. */
function folded(api, field, depth, asked) {
  const made = h('details', { class: 'fold' }, h('summary', {}, `Fields of ${field.name}`));
  made.addEventListener('toggle', () => made.open && made.childElementCount === 1
    && made.append(asked ? fields(api, field.inner, depth + 1) : list(fieldsOf(api, field.inner).map((one) => row(api, one, depth + 1, false)))));
  return h('dd', {}, made);
}
