// Every section by the keyboard, in both themes, on a desk and on a phone: nothing runs out of the page, and everything has a name.
import assert from 'node:assert/strict';
import { finish, nameless, scenario } from './browser.mjs';

const sections = [['d', 'Data sets'], ['m', 'Models'], ['p', 'Playground'], ['n', 'New run'], ['r', 'Runs']];

for (const theme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    await scenario(async (page, url) => {
      await page.goto(url);
      await page.locator('#connection').filter({ hasText: 'Live' }).waitFor({ state: 'attached' });
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
      for (const [key, name] of sections) {
        await page.evaluate(() => document.activeElement.blur());
        await page.keyboard.press(key);
        await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
        await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {});
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name} at ${width}`);
        assert.deepEqual(await page.evaluate(nameless), [], name);
      }
      const lightness = await page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]));
      assert.ok(theme === 'dark' ? lightness < 60 : lightness > 200, `${theme}: ${lightness}`);
      await page.keyboard.press('?');
      await page.getByRole('dialog').getByText('Playground', { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }, { width, theme, expected: ['the server responded with a status of 400'] });
  }
}
finish();
