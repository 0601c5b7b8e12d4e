// The service goes away while a page is open, and comes back: the page says so both times, without being touched.
import { asked, finish, scenario } from './browser.mjs';

await scenario(async (page, url) => {
  await page.goto(url);
  await page.locator('#connection', { hasText: 'Live' }).waitFor();
  await asked('away');
  await page.locator('#gone', { hasText: 'The service does not answer.' }).waitFor();
  await asked('back');
  await page.locator('#connection', { hasText: 'Live' }).waitFor();
  await page.locator('#gone').waitFor({ state: 'hidden' });
}, { expected: ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE_CHUNKED_ENCODING', 'ERR_CONNECTION_RESET', 'ERR_EMPTY_RESPONSE'] });
finish();
