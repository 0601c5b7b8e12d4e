// Bring a data set, look at it, train on it, watch the curve, compare base and tuned model, read the card, delete the model.
import assert from 'node:assert/strict';
import { finish, fits, inkOf, scenario } from './browser.mjs';

const [, , , training, validation, faulty] = process.argv;

await scenario(async (page, url) => {
  await page.goto(url);
  await page.getByRole('heading', { name: 'No runs yet' }).waitFor();

  // Data: one file by the chooser, two dropped onto the page's place for it.
  await page.getByRole('link', { name: 'Data', exact: true }).click();
  await page.locator('#upload').setInputFiles([training, validation]);
  await page.locator('tr', { hasText: 'train.jsonl' }).getByText('ready').waitFor();
  await page.locator('tr', { hasText: 'validation.jsonl' }).getByText('ready').waitFor();
  const dropped = await page.evaluateHandle((text) => {
    const all = new DataTransfer();
    all.items.add(new File([text], 'faulty.jsonl'));
    return all;
  }, faulty);
  await page.dispatchEvent('.drop', 'drop', { dataTransfer: dropped });
  await page.locator('tr', { hasText: 'faulty.jsonl' }).getByText('faults').waitFor();
  await page.getByRole('link', { name: 'faulty.jsonl' }).click();
  await page.locator('.faults li', { hasText: 'messages[0].role' }).getByText('line 2').waitFor();
  await page.goBack();

  await page.getByRole('link', { name: 'train.jsonl' }).click();
  await page.locator('.histogram li').first().waitFor();
  assert.equal(await page.locator('.example').first().locator('mark.trained').first().textContent(), 'billing');
  const data = page.url();
  await page.getByRole('link', { name: 'Train on it' }).click();

  // The form, which follows the file, with the dry run beside it.
  assert.equal(await page.getByLabel('Method').inputValue(), 'supervised');
  await page.getByLabel('Validation file').selectOption({ label: 'validation.jsonl' });
  await page.getByLabel('Base model').selectOption('tiny');
  await page.getByLabel('Name').fill('teams');
  await page.getByLabel('Weights').selectOption('lora');
  await page.getByLabel('Rank').fill('4');
  await page.getByLabel('Batch size').fill('2');
  await page.getByLabel('Learning rate').fill('0.01');
  await page.getByLabel('Epochs').fill('51');
  await page.locator('.dry .fault', { hasText: 'from 1 to 50' }).waitFor();
  assert.equal(await page.getByLabel('Epochs').getAttribute('aria-invalid'), 'true');
  await page.getByLabel('Epochs').fill('40');
  await page.locator('.dry dd', { hasText: '600, 15 an epoch' }).waitFor();
  await page.locator('.dry .big', { hasText: '$' }).waitFor();
  await page.getByRole('button', { name: 'Start the run' }).click();

  // The curve appears, and moves while the run does.
  await page.getByRole('heading', { name: /^teams/ }).waitFor();
  const loss = page.locator('.chart', { hasText: 'Loss' }).first();
  await loss.locator('canvas').waitFor();
  const first = await loss.getAttribute('aria-label');
  await page.waitForFunction((before) => document.querySelector('.chart').getAttribute('aria-label') !== before, first);
  assert.equal(await page.locator('.run .pill').first().textContent(), 'running');
  await page.waitForFunction(() => document.querySelector('.run .pill').textContent === 'succeeded');
  assert.ok(await inkOf(loss) > 100, 'the loss is drawn');
  assert.match(await loss.getAttribute('aria-label'), /^Loss: train 0?\.\d+, validation 0?\.\d+|^Loss: train .*validation/);
  await page.locator('.events li', { hasText: 'The job has successfully completed' }).waitFor();
  await page.locator('.scores tr', { hasText: 'Answers exactly right' }).waitFor();
  await page.locator('.files a', { hasText: 'step_metrics.csv' }).waitFor();
  const run = page.url();

  // The same words to both models; the tuned one knows the team.
  await page.getByRole('link', { name: 'Compare in the playground' }).click();
  await page.waitForFunction(() => document.querySelector('.side-a select')?.value === 'tiny');
  const tuned = await page.getByLabel('Second model').inputValue();
  assert.match(tuned, /^ft:tiny:local:teams:/);
  await page.getByLabel('System message').fill('Name the team that should answer the ticket.');
  await page.getByLabel('Tokens, at most').fill('8');
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('my card was charged twice for the same order 3');
  await page.keyboard.press('Enter');
  await page.locator('.reply.side-a .small-print', { hasText: 'tokens' }).waitFor();
  await page.locator('.reply.side-b .small-print', { hasText: 'tokens' }).waitFor();
  assert.equal(await page.locator('.reply.side-b .text').textContent(), 'billing');
  assert.notEqual(await page.locator('.reply.side-a .text').textContent(), 'billing');
  await fits(page, 'playground');

  // Everything that is filled now, as it looks.
  for (const [name, address, filled] of [
    ['runs', `${url}#/runs`, '.runs tbody tr'], ['run', run, '.scores tbody tr'], ['data', `${url}#/data`, '.files-list tbody tr'], ['data-set', data, '.example'],
    ['form', `${url}#/new?from=${run.split('/').at(-1)}`, '.dry .big'], ['models', `${url}#/models`, '.tile'], ['model', `${url}#/models/${encodeURIComponent(tuned)}`, '.prose table'],
  ]) {
    await page.goto(address);
    await page.locator(filled).first().waitFor();
    await fits(page, name);
  }

  // The model has a card and can be called, and deleted.
  await page.getByRole('link', { name: 'Models', exact: true }).click();
  await page.getByRole('link', { name: 'teams' }).click();
  await page.locator('.prose table').first().waitFor();
  assert.match(await page.locator('.card pre').first().textContent(), new RegExp(`"model": "${tuned}"`));
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'No tuned models yet' }).waitFor();
  // What was asked for and was not there yet, and what the form was told is wrong, the browser notes as failed requests.
}, { expected: ['the server responded with a status of 404', 'the server responded with a status of 400'] });
finish();
