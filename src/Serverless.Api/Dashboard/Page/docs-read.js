// Reads an OpenAPI document: what it refers to, its endpoints by group, types and limits in words, and examples.

/** What a reference stands for; anything else is itself. */
export function resolve(api, value) {
  let found = value;
  while (found?.$ref) found = found.$ref.slice(2).split('/').reduce((at, name) => at[name.replace(/~1/g, '/').replace(/~0/g, '~')], api);
  return found;
}

/** The endpoints in the order of the document, in groups. */
export function operationsOf(api) {
  const all = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => ({ ...one, path, method, id: one.operationId })));
  return api.tags.map((tag) => ({
    ...tag, id: tag.name.toLowerCase().replace(/\W+/g, '-'), operations: all.filter((one) => one.tags[0] === tag.name),
  }));
}

/** Whether an endpoint or field is none of OpenAI's, which its description begins with. */
export const isOurs = (described) => /^Ours\b/.test(described.description ?? '');

/** A description; without the mark, where it has one, it begins with a capital letter. Others may begin with a name, which stays as it is. */
export function textOf(described) {
  const text = described.description ?? '';
  const rest = text.replace(/^Ours[.:]?\s*/, '');
  return rest === text ? text : rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** The body that a request sends: its media type, schema and example, or null. */
export function bodyOf(api, { requestBody }) {
  if (!requestBody) return null;
  const [type, content] = Object.entries(requestBody.content)[0];
  return { type, schema: resolve(api, content.schema), example: content.example, required: requestBody.required ?? false };
}

/** The good answer: status, media types, and the schema of its JSON, or null. */
export function answerOf(api, { responses }) {
  const [status, answer] = Object.entries(responses).find(([code]) => code.startsWith('2'));
  const content = answer.content ?? {};
  return { status, types: Object.keys(content), schema: content['application/json'] ? resolve(api, content['application/json'].schema) : null };
}

/** The bad answers that are this endpoint's own. */
export const faultsOf = (api, { responses }) =>
  Object.entries(responses).filter(([code]) => /^[45]/.test(code)).map(([code, answer]) => ({ code, text: resolve(api, answer).description }));

/** The fields of an object, each with what it may hold. */
export function fieldsOf(api, schema) {
  const object = resolve(api, schema);
  return Object.entries(object?.properties ?? {}).map(([name, one]) => {
    const found = resolve(api, one);
    return { name, schema: found, required: object.required?.includes(name) ?? false, inner: innerOf(api, found) };
  });
}

/** The object with fields that a field holds, itself or in a list; null if there is none. */
function innerOf(api, schema) {
  const all = [schema, schema.items, ...(schema.oneOf ?? [])].filter(Boolean).map((one) => resolve(api, one));
  return all.find((one) => one.properties) ?? (schema.items ? innerOf(api, resolve(api, schema.items)) : null);
}

/** What a value may be: `integer, 1 to 50`, `"auto" or number above 0`. */
export function typeOf(api, given) {
  const schema = resolve(api, given);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.oneOf) return [...new Set(schema.oneOf.map((one) => typeOf(api, one)))].join(' or ');
  const name = [schema.type ?? 'any'].flat().join(' or ');
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(', ');
  if (name === 'array') return [`array of ${typeOf(api, schema.items ?? {}).replace(/^(string|integer|number|boolean|object|array)\b/, '$1s')}`, range(schema.minItems, schema.maxItems, 'of them')].filter(Boolean).join(', ');
  if (name === 'object' && !schema.properties && schema.additionalProperties?.type) return `object of ${typeOf(api, schema.additionalProperties).replace(/^(string|number)\b/, '$1s')}`;
  if (name === 'string') return [schema.format === 'binary' ? 'file' : name, range(schema.minLength, schema.maxLength, 'characters')].filter(Boolean).join(', ');
  return [name, limits(schema)].filter(Boolean).join(', ');
}

function range(least, most, what) {
  if (least === undefined && most === undefined) return '';
  if (most === undefined) return `${least} ${what} or more`;
  return least === undefined ? `up to ${most} ${what}` : `${least} to ${most} ${what}`;
}

function limits({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  return [
    minimum !== undefined && `at least ${minimum}`, exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    maximum !== undefined && `at most ${maximum}`, exclusiveMaximum !== undefined && `below ${exclusiveMaximum}`,
  ].filter(Boolean).join(', ');
}

/** An example of a schema's values: its own, or for a page of a list one made of an item's; undefined if there is none. */
export function exampleOf(api, given) {
  const schema = resolve(api, given);
  if (schema.examples) return schema.examples[0];
  if (schema.oneOf) return exampleOf(api, schema.oneOf[0]);
  if (schema.properties?.object?.const !== 'list') return undefined;
  const item = exampleOf(api, schema.properties.data.items);
  if (item === undefined) return undefined;
  const known = { object: 'list', data: [item], has_more: false, first_id: item.id, last_id: item.id };
  return Object.fromEntries(Object.keys(schema.properties).filter((name) => name in known).map((name) => [name, known[name]]));
}

/** The call in the words of a shell. */
export function curlOf(api, one, origin) {
  const quoted = (text) => `'${text.replace(/'/g, "'\\''")}'`;
  const path = one.path.replace(/\{(\w+)\}/g, (mark, name) => one.parameters?.find((parameter) => parameter.name === name)?.example ?? mark);
  const body = bodyOf(api, one);
  const lines = [`curl ${one.method === 'get' || body ? '' : `-X ${one.method.toUpperCase()} `}${origin}${path}`, "-H 'Authorization: Bearer YOUR_KEY'"];
  if (body?.type === 'multipart/form-data') lines.push(...Object.entries(body.example ?? {}).map(([name, value]) => `-F ${name}=${value}`));
  else if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body.example ?? {}, null, 2))}`);
  return lines.join(' \\\n  ');
}

/** Everything by which an endpoint can be found, in small letters. */
export function wordsOf(api, one) {
  const body = bodyOf(api, one);
  const names = (schema, depth) => (depth > 3 ? [] : fieldsOf(api, schema).flatMap((field) => [field.name, field.schema.description, ...(field.inner ? names(field.inner, depth + 1) : [])]));
  return [
    one.method, one.path, one.summary, one.description, one.operationId, ...(one.parameters ?? []).flatMap((parameter) => [parameter.name, parameter.description]), ...(body ? names(body.schema, 0) : []),
  ].filter(Boolean).join(' ').toLowerCase();
}
