// Names, contents and faults of data sets that look like HTML or scripts are shown as text, and the page's policy lets nothing run that is written into it.
import assert from 'node:assert/strict';
import { finish, scenario } from './browser.mjs';

// Without quotes, which a form writes as %22.
const name = '<img src=x onerror=window.owned=1>.jsonl';
const bad = '<b onclick=window.owned=2>bad<b>.jsonl';
const evil = '<img src=x onerror="window.owned=3"><script>window.owned=4</script>';
const example = (at) => JSON.stringify({ messages: [{ role: 'user', content: `${evil} ${at}` }, { role: 'assistant', content: 'x' }] });
const good = `${Array.from({ length: 12 }, (_, at) => example(at)).join('\n')}\n`;
const faulty = `${good}${JSON.stringify({ messages: [{ role: '<img src=x onerror="window.owned=7">', content: 'x' }] })}\n`;

await scenario(async (page, url) => {
  await page.goto(`${url}#/data`);
  const drop = async (text, called) => page.dispatchEvent('.drop', 'drop', {
    dataTransfer: await page.evaluateHandle(([content, title]) => {
      const all = new DataTransfer();
      all.items.add(new File([content], title));
      return all;
    }, [text, called]),
  });
  await drop(good, name);
  await page.locator('tr', { hasText: name }).getByText('ready').waitFor();
  await drop(faulty, bad);
  await page.locator('tr', { hasText: bad }).getByText('faults').waitFor();

  // The faults quote what was found.
  await page.getByRole('link', { name: bad }).click();
  await page.locator('.faults li', { hasText: '<img src=x onerror=' }).first().waitFor();
  await page.goBack();

  // The examples are what the model sees.
  await page.getByRole('link', { name }).click();
  await page.locator('.example').first().waitFor();
  assert.ok((await page.locator('.example').first().textContent()).includes(evil));
  await page.getByRole('link', { name: 'Train on it' }).click();
  await page.getByLabel('Method').waitFor();

  // Nothing of it became a part of the page.
  assert.equal(await page.locator('img[src="x"], script:not([src]), [onerror], [onload], [onclick], a[href^="javascript:"]').count(), 0);
  assert.equal(await page.evaluate(() => window.owned), undefined);

  // And had it become one, it would not run.
  await page.evaluate(() => {
    const place = document.createElement('div');
    place.innerHTML = '<img src=x onerror="window.owned=9">';
    const script = document.createElement('script');
    script.textContent = 'window.owned=10';
    const foreign = document.createElement('script');
    foreign.src = 'http://evil.example/owned.js';
    document.body.append(place, script, foreign);
  });
  await page.waitForFunction(() => document.querySelector('img[src="x"]').complete);
  assert.equal(await page.evaluate(() => window.owned), undefined);
}, { expected: ['Content Security Policy', 'the server responded with a status of 404', 'the server responded with a status of 400'] });
finish();
