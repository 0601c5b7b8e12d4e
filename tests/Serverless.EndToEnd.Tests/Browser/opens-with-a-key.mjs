// With keys in the settings the page asks for one, once; scripts never see it, and a page of another site gets nowhere.
import assert from 'node:assert/strict';
import { finish, scenario } from './browser.mjs';

const [, , , key] = process.argv;

await scenario(async (page, url, context) => {
  await page.goto(url);
  await page.getByLabel('API key').fill('sk-wrong-0123456789');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Incorrect API key provided: sk-w****6789.' }).waitFor();
  await page.getByLabel('API key').fill(key);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
  await page.locator('#connection', { hasText: 'Live' }).waitFor();
  assert.equal(await page.evaluate(() => document.cookie), '');
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })), '{}');
  await page.reload();
  await page.getByRole('heading', { name: 'No runs yet' }).waitFor();

  // A link without a header downloads, by the cookie.
  await page.goto(`${url}#/models/tiny`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'config.json', exact: true }).click()]);
  assert.equal(download.suggestedFilename(), 'config.json');

  // Another site's page in the same browser: its form is refused, and the cookie does not go with it.
  const foreign = await context.newPage();
  await foreign.route('http://evil.example/**', (route) => route.fulfill({
    contentType: 'text/html', body: `<form method="post" enctype="multipart/form-data" action="${url}v1/files"><input name="purpose" value="fine-tune"><button>Win</button></form>`,
  }));
  await foreign.goto('http://evil.example/');
  const [answer] = await Promise.all([foreign.waitForResponse(`${url}v1/files`), foreign.getByRole('button').click()]);
  assert.equal(answer.status(), 403);
  assert.equal((await answer.request().allHeaders()).cookie, undefined);
  await foreign.close();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
}, { expected: ['the server responded with a status of 401', 'the server responded with a status of 403'] });
finish();
