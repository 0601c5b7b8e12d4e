// A run that pauses itself at its budget, goes on with a larger one, is paused and resumed by hand, and cancelled; then two more laid over each other.
import assert from 'node:assert/strict';
import { finish, fits, inkOf, scenario, started } from './browser.mjs';

await scenario(async (page, url) => {
  await page.goto(`${url}#/new`);
  await page.getByLabel('Base model').selectOption('tiny');
  await page.getByLabel('Batch size').fill('1');
  await page.getByLabel('Epochs').fill('50');
  await page.getByText('More settings').click();
  await page.getByLabel('Budget').fill('0.5');
  await page.locator('.dry', { hasText: 'more than the budget of 0.5' }).waitFor();
  await page.getByRole('button', { name: 'Start the run' }).click();

  // At its first checkpoint it has cost more than it may, and says so.
  const pill = page.locator('.run .pill').first();
  await pill.filter({ hasText: 'paused' }).waitFor();
  await page.locator('.events li', { hasText: /paused at its budget of 0\.5 USD: it has cost [\d.]+\. Resume it with a higher budget/ }).waitFor();
  assert.equal(await fact('Budget'), '$0.50');
  assert.ok(Number((await fact('Cost so far')).slice(1)) >= 0.5);

  // The same budget will not do: the page asks for a larger one, twice as much if nothing else is said.
  await page.getByRole('button', { name: 'Resume' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByRole('textbox').inputValue(), '1');
  await dialog.getByRole('button', { name: 'Leave it' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await pill.textContent(), 'paused');
  await page.getByRole('button', { name: 'Resume' }).click();
  await dialog.getByRole('textbox').fill('1000000');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await pill.filter({ hasText: 'running' }).waitFor();
  assert.equal(await fact('Budget'), '$1000000.00');

  // By hand: it stores its state and waits, and goes on without being asked for money.
  await page.getByRole('button', { name: 'Pause' }).click();
  await pill.filter({ hasText: 'paused' }).waitFor();
  await page.locator('.events li').filter({ hasText: 'Fine-tuning job paused' }).nth(1).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await pill.filter({ hasText: 'running' }).waitFor();
  assert.equal(await dialog.count(), 0);

  await page.getByRole('button', { name: 'Cancel' }).click();
  await dialog.getByRole('button', { name: 'Cancel the run' }).click();
  await pill.filter({ hasText: 'cancelled' }).waitFor();
  await page.getByRole('link', { name: 'Run again' }).waitFor();

  // Two over each other, chosen in the list on a phone.
  const cancelled = page.url().split('/').at(-1);
  const { training_file: file } = await page.evaluate(async (id) => (await fetch(`/v1/fine_tuning/jobs/${id}`)).json(), cancelled);
  const asked = (suffix, rate) => ({ model: 'tiny', training_file: file, suffix, method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 1, batch_size: 16, learning_rate: rate } } } });
  const both = [await started(page, asked('first', 0.01)), await started(page, asked('second', 0.001))];
  await page.setViewportSize({ width: 390, height: 860 });
  await page.goto(`${url}#/runs`);
  for (const id of both) await page.locator(`tr[data-key="${id}"] .pill`, { hasText: 'succeeded' }).waitFor();
  for (const id of both) await page.locator(`tr[data-key="${id}"]`).getByRole('checkbox', { name: /^Choose .* to compare$/ }).click();
  await fits(page, 'runs-chosen');
  await page.getByRole('button', { name: 'Compare 2 runs' }).click();
  const [legend, loss] = [page.locator('.legend'), page.locator('.chart', { hasText: 'Loss' }).first()];
  await page.waitForFunction(() => document.querySelector('.chart')?.getAttribute('aria-label').split(' train ').length === 3);
  assert.equal(await legend.locator('li').count(), 2);
  assert.ok(await inkOf(loss, 1) > 20, 'the first run is drawn');
  assert.ok(await inkOf(loss, 2) > 20, 'the second run is drawn');
  await fits(page, 'runs-compared');
  await legend.getByRole('button', { name: /^Take second .* out of the charts$/ }).click();
  await legend.waitFor({ state: 'detached' });
  assert.ok(await inkOf(loss, 1) > 20, 'the first run is drawn alone');
  assert.equal(await inkOf(loss, 2), 0);
  assert.ok(!page.url().includes('with='));

  // What lies behind the newest page comes from the list of the API, which does not say when a run began.
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.route((address) => address.pathname === '/v1/fine_tuning/updates', async (route) => {
    const { data } = await (await fetch(new URL('/v1/fine_tuning/jobs?limit=1', url))).json();
    await route.fulfill({ contentType: 'text/event-stream', body: `retry: 60000\nevent: jobs\ndata: ${JSON.stringify({ data, has_more: true })}\n\n` });
  });
  await page.goto(`${url}#/runs`);
  await page.reload();
  await page.getByRole('button', { name: 'Older runs' }).click();
  assert.match(await page.locator(`tr[data-key="${cancelled}"] .time`).textContent(), /^\d+ (s|min)$/);
  await page.getByRole('button', { name: 'Older runs' }).waitFor({ state: 'hidden' });
  assert.equal(await page.locator('.runs tbody tr').count(), 3);

  function fact(name) {
    return page.locator('.facts > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd').textContent();
  }
  // What has not been compared yet, the browser notes as a failed request.
}, { expected: ['the server responded with a status of 404'] });
finish();
