// A run that pauses itself at its budget, goes on with a larger one, is paused and resumed by hand, and cancelled.
import assert from 'node:assert/strict';
import { finish, scenario } from './browser.mjs';

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

  function fact(name) {
    return page.locator('.facts > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd').textContent();
  }
  // What has not been compared yet, the browser notes as a failed request.
}, { expected: ['the server responded with a status of 404'] });
finish();
