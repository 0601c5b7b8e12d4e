// Data sets behind the newest page, a file that is too large for one request, a base model that somebody brought, and what there is not.
import assert from 'node:assert/strict';
import { finish, scenario } from './browser.mjs';

const inPart = 700;
const example = (at) => JSON.stringify({ messages: [{ role: 'user', content: `the parcel ${at} has not arrived and the tracking page shows nothing` }, { role: 'assistant', content: 'shipping' }] });
const large = Buffer.from(`${Array.from({ length: 20 }, (_, at) => example(at)).join('\n')}\n`);

await scenario(async (page, url) => {
  // The limit of the page's module, made small enough for a test; all else is as it is.
  await page.route('**/upload.js', async (route) => {
    const text = await (await route.fetch()).text();
    assert.ok(text.includes('64 * 1024 * 1024'));
    await route.fulfill({ contentType: 'text/javascript', body: text.replace('64 * 1024 * 1024', inPart) });
  });
  // The second part's connection breaks once.
  let sent = 0;
  await page.route('**/parts', (route) => ++sent === 2 ? route.abort('connectionreset') : route.continue());
  await page.route((address) => address.pathname === '/v1/files' && address.searchParams.get('limit') === '200',
    (route) => route.continue({ url: route.request().url().replace('limit=200', 'limit=1') }));
  await page.goto(`${url}#/data`);
  const rows = page.locator('.files-list tbody tr');
  await rows.first().waitFor();

  const parts = [];
  page.on('request', (request) => request.url().endsWith('/parts') && parts.push(request.url()));
  await page.locator('#upload').setInputFiles({ name: 'large.jsonl', mimeType: 'application/jsonl', buffer: large });
  await page.locator('.uploads li', { hasText: 'large.jsonl' }).getByRole('link', { name: 'open' }).waitFor();
  assert.equal(parts.length, Math.ceil(large.length / inPart) + 1);
  await rows.filter({ hasText: 'large.jsonl' }).getByText('ready').waitFor();
  assert.deepEqual(await page.evaluate(async () => (await (await fetch('/v1/files?limit=1')).json()).data.map((file) => [file.filename, file.bytes])), [['large.jsonl', large.length]]);

  const older = page.getByRole('button', { name: 'Older data sets' });
  for (const shown of [2, 3]) {
    assert.equal(await rows.count(), shown - 1);
    await older.click();
    await rows.nth(shown - 1).waitFor();
  }
  await older.waitFor({ state: 'hidden' });
  assert.deepEqual(await rows.locator('.name').allInnerTexts(), ['large.jsonl', 'validation.jsonl', 'train.jsonl']);

  // What came with the service stays; what somebody has brought can be deleted.
  await page.goto(`${url}#/models/tiny`);
  await page.locator('.files a', { hasText: 'config.json' }).first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Delete' }).count(), 0);
  const gguf = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Q8_0' }).click();
  assert.equal((await gguf).suggestedFilename(), 'tiny-Q8_0.gguf');
  await page.goto(`${url}#/models/brought`);
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.locator('p').textContent(), '“brought” stops answering and its files are removed.');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
  await page.locator('.tile', { hasText: 'tiny' }).waitFor();
  assert.equal(await page.locator('.tile', { hasText: 'brought' }).count(), 0);

  for (const [address, says] of [['runs/ftjob-none', 'There is no such run'], ['models/none', 'The model \'none\' does not exist'], ['data/file-none', 'No such File object: file-none']]) {
    await page.goto(`${url}#/${address}`);
    await page.getByRole('heading', { name: says }).waitFor();
  }
}, { expected: ['the server responded with a status of 404', 'ERR_CONNECTION_RESET'] });
finish();
