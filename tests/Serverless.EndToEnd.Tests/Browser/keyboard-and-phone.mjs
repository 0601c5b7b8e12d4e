// Every section by the keyboard, in both themes, on a desk and on a phone: nothing runs out of the page, and everything has a name.
import assert from 'node:assert/strict';
import { finish, nameless, scenario } from './browser.mjs';

const sections = [['d', 'Data sets'], ['m', 'Models'], ['p', 'Playground'], ['n', 'New run'], ['r', 'Runs']];

/** Presses a section's letter until it is there: a view that has just come may take the focus for its first field, where a letter is text. */
async function reach(page, key, heading) {
  for (let left = 40; ; left--) {
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press(key);
    try {
      await heading.waitFor({ timeout: 3000 });
      return;
    } catch (late) {
      if (left === 0) throw late;
    }
  }
}

for (const theme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    await scenario(async (page, url) => {
      await page.goto(url);
      await page.locator('#connection').filter({ hasText: 'Live' }).waitFor({ state: 'attached' });
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
      for (const [key, name] of sections) {
        await reach(page, key, page.getByRole('heading', { level: 1, name, exact: true }));
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
