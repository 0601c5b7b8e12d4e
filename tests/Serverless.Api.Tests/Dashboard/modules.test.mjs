// The modules of the page that need no page: what they write, and the requests that they make. PAGE names their folder.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const load = (name) => import(new URL(`${name}.js`, process.env.PAGE));
const { bytes, count, duration, figure, money, percent, seen, short } = await load('format');
const { keptOf, recipeOf, requestOf, valuesOf } = await load('run-request');
const { address, parse } = await load('router');
const { faultsOf, range } = await load('run-evaluation');
const { withOlder } = await load('pages');
const { elapsed } = await load('status');
const { choiceOf, hasRoom, othersOf } = await load('compare');
const { curlOf, exampleOf, fieldsOf, isOurs, operationsOf, textOf, typeOf, wordsOf } = await load('docs-read');

test('an interval is written beside its mean, and what a grader could not grade is said', () => {
  assert.equal(range('exact_match', { mean: 0.5, low: 0.251, high: 0.75 }), '25.1 % to 75.0 %');
  assert.equal(range('reward_margin', { mean: 0.5, low: -0.1, high: 1.25 }), '−0.1 to 1.25');
  assert.equal(range('reward_margin', { mean: 0.5 }), '');
  const one = { metric: 'close', wins: 1, losses: 0, ties: 1, faults: { base: { count: 2, first: 'no JSON' }, tuned: { count: 0, first: null } } };
  assert.deepEqual(
    faultsOf({ comparisons: [one, { ...one, faults: { base: { count: 0 }, tuned: { count: 0 } } }] }),
    ['close could not grade 2 of 2 answers of the base and 0 of 2 of the tuned model, and what could not be graded counts 0: no JSON'],
  );
});

test('lengths of time are said as a person says them', () => {
  assert.deepEqual([0.4, 89, 90, 5399, 5400, 7200, 12_000, 172_800].map(duration), ['0 s', '89 s', '2 min', '90 min', '1 h 30 min', '2 h', '3 h 20 min', '2 days']);
  assert.equal(duration(NaN), '–');
});

test('numbers have thousands, and no more digits than they are good for', () => {
  assert.equal(count(1234567.4), '1,234,567');
  assert.deepEqual([12_345, 9_999, 4_560_000, 2.5e9].map(short), ['12.3 k', '9,999', '4.56 M', '2.50 G']);
  assert.deepEqual([0.064123, 2, 0.0012, 0.00001, 12345.6, -0.5, 0, -1.39e-17].map((value) => figure(value)), ['0.06412', '2', '0.0012', '1e−5', '12,346', '−0.5', '0', '0']);
  assert.equal(percent(0.9333), '93.3 %');
  assert.deepEqual([999, 1500, 15_230_000].map(bytes), ['999 B', '1.50 KB', '15.2 MB']);
  assert.deepEqual([0, 0.0017, 1.2].map((value) => money(value)), ['$0', '$0.0017', '$1.20']);
  assert.deepEqual([money(1234.5, 'EUR'), money(0.0017, 'EUR'), money(2, 'credits')], ['€1234.50', '€0.0017', '2.00 credits']);
});

test('a run is timed from its start to its end, and where one of them is not told by the work that it cost', () => {
  const times = [
    { status: 'succeeded', started_at: 20, created_at: 10, finished_at: 50, cost: { seconds: 25 } }, { status: 'succeeded', created_at: 10, finished_at: 50, cost: { seconds: 25 } },
    { status: 'cancelled', started_at: 20, created_at: 10, finished_at: null, cost: { seconds: 7 } }, { status: 'paused', started_at: 20, created_at: 10, finished_at: null, cost: { seconds: 8 } },
    { status: 'failed', created_at: 10, finished_at: 50 }, { status: 'queued', started_at: null, created_at: 10, finished_at: null, cost: { seconds: 0 } },
  ];
  assert.deepEqual(times.map(elapsed), [30, 25, 7, 8, 40, null]);
  assert.ok(elapsed({ status: 'running', started_at: Date.now() / 1000 - 60, finished_at: null }) >= 60);
});

test('what slides off the newest page of a list stays below it, and what is gone from it goes', () => {
  const of = (...ids) => ids.map((id) => ({ id }));
  assert.deepEqual(withOlder(of('a2', 'b1', 'b2'), of('b1', 'b2', 'b3', 'c1')), of('a2', 'b1', 'b2', 'b3', 'c1'));
  assert.deepEqual(withOlder(of('b1', 'c1'), of('b1', 'b2', 'c1', 'd1')), of('b1', 'c1', 'd1'));
  assert.deepEqual(withOlder(of('b1', 'b2'), of('b2', 'c1')), of('b1', 'b2', 'c1'));
  assert.deepEqual(withOlder([], of('b1')), []);
});

test('six runs at most lie over each other, each once, whatever an address says', () => {
  assert.deepEqual(othersOf('b,c,,a,b,d,e,f,g,h', 'a'), ['b', 'c', 'd', 'e', 'f']);
  assert.deepEqual([othersOf(null, 'a'), othersOf('a', 'a')], [[], []]);
  assert.deepEqual([hasRoom(['b', 'c', 'd', 'e']), hasRoom(['b', 'c', 'd', 'e', 'f'])], [true, false]);
  assert.deepEqual([2, 6, 7].map(choiceOf), [{ allowed: true, label: 'Compare 2 runs' }, { allowed: true, label: 'Compare 6 runs' }, { allowed: false, label: '6 runs at most' }]);
});

test('an answer of blanks says so, and lines that nobody sees take no room', () => {
  assert.deepEqual(['billing\n\n', ' two\nlines ', '\n \n', ''].map(seen), ['billing', ' two\nlines', '(blank)', '(nothing)']);
});

test('what is left empty in the form is left to the service', () => {
  assert.deepEqual(requestOf({ model: 'm', training_file: 'f', method: 'supervised', adapter: '', rank: ' ', n_epochs: '', suffix: '' }),
    { model: 'm', training_file: 'f', method: { type: 'supervised', supervised: {} } });
});

test('what is no number goes to the service as it was typed, to be refused in its words', () => {
  assert.equal(requestOf({ model: 'm', training_file: 'f', method: 'supervised', n_epochs: 'many' }).method.supervised.hyperparameters.n_epochs, 'many');
});

test('a run that is repeated asks for what it was, also where the form has no field', () => {
  const job = {
    model: 'm', training_file: 'f', validation_file: 'v', user_provided_suffix: 's', seed: 4, metadata: { team: 'red' }, publish_if: { metric: 'exact_match', minimum_gain: 0 },
    method: {
      type: 'reinforcement',
      reinforcement: { hyperparameters: { n_epochs: 2, batch_size: 4, learning_rate_multiplier: 1, learning_rate: 0.001, beta: 0.1, loss_type: 'grpo', group_size: 4, eval_interval: 10, eval_samples: 2 }, grader: { type: 'x' }, response_format: { type: 'json_object' } },
      adapter: { type: 'lora', rank: 4, alpha: 8, use_dora: true },
      replay: { file: 't', share: 0.2 },
    },
  };
  assert.deepEqual(requestOf(valuesOf(job), keptOf(job)), {
    model: 'm', training_file: 'f', validation_file: 'v', suffix: 's', seed: 4, metadata: { team: 'red' }, publish_if: { metric: 'exact_match', minimum_gain: 0 },
    method: {
      type: 'reinforcement', adapter: { use_dora: true, type: 'lora', rank: 4, alpha: 8 }, replay: { file: 't', share: 0.2 },
      reinforcement: { hyperparameters: { beta: 0.1, loss_type: 'grpo', n_epochs: 2, batch_size: 4, learning_rate: 0.001, group_size: 4, eval_interval: 10, eval_samples: 2 }, grader: { type: 'x' }, response_format: { type: 'json_object' } },
    },
  });
});

test('general text goes with its share, and what needs a validation file goes with one only', () => {
  const values = { model: 'm', training_file: 'f', method: 'reinforcement', grader: '{}', eval_interval: '5', replay: 't', share: '0.2' };
  assert.deepEqual(requestOf(values), { model: 'm', training_file: 'f', method: { type: 'reinforcement', replay: { file: 't', share: 0.2 }, reinforcement: { grader: {} } } });
  assert.deepEqual(requestOf({ ...values, share: '', validation_file: 'v' }).method, { type: 'reinforcement', replay: { file: 't' }, reinforcement: { hyperparameters: { eval_interval: 5 }, grader: {} } });
  assert.equal(requestOf({ ...values, replay: '' }).method.replay, undefined);
});

test('a recipe that is repeated asks for its stages without what came of them', () => {
  const files = { training_file: 'f', validation_file: 'v' };
  const job = {
    model: 'm', training_file: 'f', validation_file: 'v', user_provided_suffix: null, seed: 4, metadata: {}, hyperparameters: { n_epochs: 'auto' },
    method: { type: 'recipe', recipe: { stages: [
      { type: 'supervised', supervised: { hyperparameters: { n_epochs: 2, learning_rate_multiplier: 1, learning_rate: 0.01 } }, adapter: { type: 'full' }, ...files,
        status: 'succeeded', first_step: 1, last_step: 8, fine_tuned_model: 'm:ckpt-step-8', figures: { train_loss: 1 } },
      { type: 'distillation', distillation: { hyperparameters: { learning_rate_multiplier: 'auto' }, teacher: 'm:ckpt-step-8', n: 4 }, ...files, status: 'failed', model: 'm:ckpt-step-8' },
    ] } },
  };
  assert.deepEqual(recipeOf(job), {
    model: 'm', training_file: 'f', validation_file: 'v', seed: 4,
    method: { type: 'recipe', recipe: { stages: [
      { type: 'supervised', supervised: { hyperparameters: { n_epochs: 2, learning_rate: 0.01 } }, adapter: { type: 'full' }, ...files },
      { type: 'distillation', distillation: { hyperparameters: { learning_rate_multiplier: 'auto' }, teacher: 'previous', n: 4 }, ...files },
    ] } },
  });
});

test('an address and what it was made of are one', () => {
  const name = 'ft:base:local:a b/c?:12345678';
  const route = parse(address('models', name, { with: 'x,y', none: '' }));
  assert.deepEqual([route.name, route.id, Object.fromEntries(route.query)], ['models', name, { with: 'x,y' }]);
  assert.equal(parse('').name, 'runs');
});

const api = {
  tags: [{ name: 'Fine-tuning' }, { name: 'Models' }],
  paths: {
    '/v1/jobs/{id}': {
      post: {
        tags: ['Fine-tuning'], operationId: 'changeJob', summary: 'Change a job', parameters: [{ name: 'id', in: 'path', example: 'ftjob-abc' }],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Change' }, example: { name: "the owner's" } } } },
      },
      delete: { tags: ['Fine-tuning'], operationId: 'deleteJob', summary: 'Delete a job', parameters: [{ name: 'id', in: 'path', example: 'ftjob-abc' }] },
    },
    '/v1/models': {
      post: { tags: ['Models'], operationId: 'addModel', summary: 'Add', requestBody: { content: { 'multipart/form-data': { schema: { type: 'object' }, example: { file: '@a.zip' } } } } },
      get: { tags: ['Models'], operationId: 'listModels', summary: 'List' },
    },
  },
  components: {
    schemas: {
      Change: { type: 'object', properties: { name: { type: 'string', maxLength: 64 }, inner: { $ref: '#/components/schemas/Change' } }, required: ['name'] },
      Model: { type: 'object', properties: {}, examples: [{ id: 'm' }] },
      Models: { type: 'object', properties: { object: { const: 'list' }, data: { type: 'array', items: { $ref: '#/components/schemas/Model' } }, has_more: {}, first_id: {} } },
    },
  },
};

test('a type says what a value may be, with its limits', () => {
  const types = [
    { type: 'integer', minimum: 1, maximum: 50 }, { oneOf: [{ type: 'string', const: 'auto' }, { type: 'number', exclusiveMinimum: 0, maximum: 2 }] }, { type: ['string', 'null'] },
    { type: 'string', minLength: 1, maxLength: 64 }, { type: 'array', items: { type: 'string' }, maxItems: 4 }, { enum: ['a', 'b'] }, { type: 'string', format: 'binary' },
    { type: 'object', additionalProperties: { type: 'string', maxLength: 512 } }, { type: 'number', minimum: 0, exclusiveMaximum: 1 }, {},
  ];
  assert.deepEqual(types.map((one) => typeOf(api, one)), [
    'integer, 1 to 50', '"auto" or number, above 0, at most 2', 'string or null', 'string, 1 to 64 characters', 'array of strings, up to 4 of them', '"a", "b"', 'file',
    'object of strings, up to 512 characters', 'number, at least 0, below 1', 'any',
  ]);
});

test('what is ours is marked, and names stay as they are written', () => {
  const described = ['Ours: checks and plans.', 'Ours.', 'label_model: its labels.', undefined].map((description) => ({ description }));
  assert.deepEqual(described.map((one) => [isOurs(one), textOf(one)]), [[true, 'Checks and plans.'], [true, ''], [false, 'label_model: its labels.'], [false, '']]);
});

test('endpoints stand in the groups of the document, and are found by the names of their fields', () => {
  const groups = operationsOf(api);
  assert.deepEqual(groups.map((group) => [group.id, group.operations.map((one) => `${one.method} ${one.path}`)]),
    [['fine-tuning', ['post /v1/jobs/{id}', 'delete /v1/jobs/{id}']], ['models', ['post /v1/models', 'get /v1/models']]]);
  assert.deepEqual(fieldsOf(api, api.components.schemas.Change).map((field) => [field.name, field.required, field.inner !== null]), [['name', true, false], ['inner', false, true]]);
  assert.match(wordsOf(api, groups[0].operations[0]), /change a job.*inner/);
});

test('a call is written as a shell takes it, also with an apostrophe in its body', () => {
  const [[change, remove], [add, list]] = operationsOf(api).map((group) => group.operations);
  const key = "-H 'Authorization: Bearer YOUR_KEY'";
  assert.equal(curlOf(api, change, 'http://here'), `curl http://here/v1/jobs/ftjob-abc \\\n  ${key} \\\n  -H 'Content-Type: application/json' \\\n  -d '{\n  "name": "the owner'\\''s"\n}'`);
  assert.equal(curlOf(api, remove, 'http://here'), `curl -X DELETE http://here/v1/jobs/ftjob-abc \\\n  ${key}`);
  assert.equal(curlOf(api, add, 'http://here'), `curl http://here/v1/models \\\n  ${key} \\\n  -F file=@a.zip`);
  assert.equal(curlOf(api, list, 'http://here'), `curl http://here/v1/models \\\n  ${key}`);
});

test('a page of a list is shown with the example of its items', () => {
  assert.deepEqual(exampleOf(api, { $ref: '#/components/schemas/Models' }), { object: 'list', data: [{ id: 'm' }], has_more: false, first_id: 'm' });
  assert.equal(exampleOf(api, api.components.schemas.Change), undefined);
});
