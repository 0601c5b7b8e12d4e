// The modules of the page that need no page: what they write, and the requests that they make. PAGE names their folder.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const load = (name) => import(new URL(`${name}.js`, process.env.PAGE));
const { bytes, count, duration, figure, money, percent, short } = await load('format');
const { keptOf, requestOf, valuesOf } = await load('run-request');
const { address, parse } = await load('router');

test('lengths of time are said as a person says them', () => {
  assert.deepEqual([0.4, 89, 90, 5399, 5400, 7200, 12_000, 172_800].map(duration), ['0 s', '89 s', '2 min', '90 min', '1 h 30 min', '2 h', '3 h 20 min', '2 days']);
  assert.equal(duration(NaN), '–');
});

test('numbers have thousands, and no more digits than they are good for', () => {
  assert.equal(count(1234567.4), '1,234,567');
  assert.deepEqual([12_345, 9_999, 4_560_000, 2.5e9].map(short), ['12.3 k', '9,999', '4.56 M', '2.50 G']);
  assert.deepEqual([0.064123, 2, 0.0012, 0.00001, 12345.6, -0.5, 0].map((value) => figure(value)), ['0.06412', '2', '0.0012', '1e−5', '12,346', '−0.5', '0']);
  assert.equal(percent(0.9333), '93.3 %');
  assert.deepEqual([999, 1500, 15_230_000].map(bytes), ['999 B', '1.50 KB', '15.2 MB']);
  assert.deepEqual([0, 0.0017, 1.2].map((value) => money(value)), ['$0', '$0.0017', '$1.20']);
  assert.deepEqual([money(1234.5, 'EUR'), money(0.0017, 'EUR'), money(2, 'credits')], ['€1234.50', '€0.0017', '2.00 credits']);
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
      reinforcement: { hyperparameters: { n_epochs: 2, batch_size: 4, learning_rate_multiplier: 1, learning_rate: 0.001, beta: 0.1, loss_type: 'grpo', group_size: 4 }, grader: { type: 'x' } },
      adapter: { type: 'lora', rank: 4, alpha: 8, use_dora: true },
    },
  };
  assert.deepEqual(requestOf(valuesOf(job), keptOf(job)), {
    model: 'm', training_file: 'f', validation_file: 'v', suffix: 's', seed: 4, metadata: { team: 'red' }, publish_if: { metric: 'exact_match', minimum_gain: 0 },
    method: {
      type: 'reinforcement', adapter: { use_dora: true, type: 'lora', rank: 4, alpha: 8 },
      reinforcement: { hyperparameters: { beta: 0.1, loss_type: 'grpo', n_epochs: 2, batch_size: 4, learning_rate: 0.001, group_size: 4 }, grader: { type: 'x' } },
    },
  });
});

test('an address and what it was made of are one', () => {
  const name = 'ft:base:local:a b/c?:12345678';
  const route = parse(address('models', name, { with: 'x,y', none: '' }));
  assert.deepEqual([route.name, route.id, Object.fromEntries(route.query)], ['models', name, { with: 'x,y' }]);
  assert.equal(parse('').name, 'runs');
});
