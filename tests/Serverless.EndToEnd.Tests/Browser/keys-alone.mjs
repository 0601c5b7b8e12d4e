// A run is set up, started, found in the list, opened and cancelled by keys alone.
import assert from 'node:assert/strict';
import { finish, scenario, tabTo } from './browser.mjs';

await scenario(async (page, url) => {
  const type = async (label, text) => {
    await tabTo(page, page.getByLabel(label));
    await page.keyboard.type(text);
  };
  await page.goto(url);
  await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
  await page.keyboard.press('n');
  await page.locator('.dry .big').waitFor();
  await type('Base model', 'tiny');
  assert.equal(await page.getByLabel('Base model').inputValue(), 'tiny');
  await type('Name', 'by-keys');
  await type('Epochs', '50');
  await type('Batch size', '1');
  await page.locator('.dry dd', { hasText: '10,000, 200 an epoch' }).waitFor();
  await tabTo(page, page.getByRole('button', { name: 'Start the run' }));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: /^by-keys/ }).waitFor();

  await page.keyboard.press('r');
  await page.locator('.runs tbody tr').waitFor();
  await tabTo(page, page.getByRole('link', { name: 'by-keys' }));
  await page.keyboard.press('Enter');
  await page.locator('.run .pill', { hasText: 'running' }).first().waitFor();
  await tabTo(page, page.getByRole('button', { name: 'Cancel' }));
  await page.keyboard.press('Enter');

  // The first button keeps the run: Enter by mistake does no harm.
  const dialog = page.getByRole('dialog');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Keep');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await tabTo(page, page.getByRole('button', { name: 'Cancel' }));
  await page.keyboard.press('Enter');
  await tabTo(page, dialog.getByRole('button', { name: 'Cancel the run' }));
  await page.keyboard.press('Enter');
  await page.locator('.run .pill', { hasText: 'cancelled' }).first().waitFor();
}, { expected: ['the server responded with a status of 404', 'the server responded with a status of 400'] });
finish();
