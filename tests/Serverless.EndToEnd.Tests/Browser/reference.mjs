// The reference of the API: every endpoint of the document, found by its words, opened, and readable on a desk and a phone in both themes.
import assert from 'node:assert/strict';
import { finish, nameless, scenario } from './browser.mjs';

await scenario(async (page, url) => {
  await page.goto(url);
  await page.getByRole('link', { name: 'API reference' }).click();
  await page.getByRole('heading', { level: 1, name: 'API reference' }).waitFor();
  assert.equal(await page.locator('.base').textContent(), `${new URL(url).origin}/v1`);
  const described = await page.evaluate(async () => Object.values((await (await fetch('/openapi.json')).json()).paths).flatMap((path) => Object.keys(path)).length);
  assert.equal(await page.locator('.op').count(), described);

  // By the contents: what is sent, with limits, what is answered, and how it is called.
  await page.locator('#contents').getByRole('link', { name: 'Create a job, or run it dry' }).click();
  const job = page.locator('#createJob');
  await job.locator('.fields > div', { hasText: 'suffix' }).getByText('string, 1 to 64 characters').waitFor();
  await job.getByText('Fields of method').first().click();
  await job.getByText('Fields of distillation').first().waitFor();
  assert.match(await job.getByRole('figure').filter({ hasText: 'Request' }).locator('pre').textContent(), /^curl http:.*\/v1\/fine_tuning\/jobs \\\n[^]*"training_file": "file-/);
  assert.match(await job.getByRole('figure').filter({ hasText: 'Answer' }).locator('pre').textContent(), /"status": "validating_files"/);
  assert.equal(new URL(page.url()).hash, '#createJob');
  assert.equal(await page.locator('#contents a[aria-current]').textContent(), 'postCreate a job, or run it dry');

  // By words, also those of fields.
  await page.keyboard.press('/');
  await page.keyboard.type('min_p Stream');
  await page.locator('#createJob').waitFor({ state: 'hidden' });
  assert.deepEqual(await page.locator('.op:visible').evaluateAll((found) => found.map((one) => [one.id, one.open])), [['createChatCompletion', true], ['createCompletion', true]]);
  await page.keyboard.type('nothing like it');
  await page.getByRole('status').filter({ hasText: 'No endpoint has all of these words.' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#createJob').waitFor();
  await page.locator('#errors dd', { hasText: 'insufficient_permissions' }).waitFor();

  // By its address.
  await page.goto(`${url}docs#runGrader`);
  await page.locator('#runGrader').getByText('metadata', { exact: true }).first().waitFor({ state: 'attached' });
  assert.equal(await page.locator('#runGrader').evaluate((one) => one.open), true);
});

for (const theme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    await scenario(async (page, url) => {
      await page.goto(`${url}docs`);
      await page.locator('.op').first().waitFor();
      // Everything open, as deep as it goes.
      for (let before = -1, now = 0; now !== before;) {
        before = now;
        now = await page.evaluate(async () => {
          for (const one of document.querySelectorAll('details')) one.open = true;
          await new Promise((drawn) => { requestAnimationFrame(() => setTimeout(drawn)); });
          return document.querySelectorAll('details').length;
        });
      }
      assert.ok(await page.locator('details').count() > 100, 'fields fold out');
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${theme} at ${width}`);
      assert.deepEqual(await page.evaluate(nameless), []);
      const lightness = await page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]));
      assert.ok(theme === 'dark' ? lightness < 60 : lightness > 200, `${theme}: ${lightness}`);
    }, { width, theme });
  }
}
finish();
