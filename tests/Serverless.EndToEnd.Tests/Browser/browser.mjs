// Opens pages in the system's Chromium, and fails when one of them does. PLAYWRIGHT names the library, CHROMIUM the browser, and SCREENSHOTS, if it is set,
// a folder for pictures of what `fits` has looked at.
import assert from 'node:assert/strict';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const { chromium } = await import(pathToFileURL(process.env.PLAYWRIGHT));
const patience = 240_000;

/** Runs a scenario on a page; whatever the page complains of, among it what its security policy has refused, is a fault. */
export async function scenario(work, { width = 1280, height = 860, theme = 'light', expected = [] } = {}) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  const faults = [];
  try {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    page.on('pageerror', (fault) => faults.push(fault.message));
    page.on('console', (message) => message.type() === 'error' && !expected.some((text) => message.text().includes(text)) && faults.push(message.text()));
    await work(page, process.argv[2], context);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
  }
}

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Tells the test what is wanted now, and waits until it has done it. */
export async function asked(wish) {
  console.log(`wish: ${wish}`);
  await lines.next();
  return undefined;
}

/** Lets the process end although it may still listen. */
export const finish = () => process.stdin.destroy();

/** How many pixels of a chart have the colour of one of its lines. */
export const inkOf = (chart, slot = 1) => chart.locator('canvas').evaluate((canvas, line) => {
  const probe = document.createElement('span');
  probe.style.color = `var(--line-${line})`;
  document.body.append(probe);
  const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 24) found += 1;
  return found;
}, slot);

/** Starts a run by the API; returns its id. */
export const started = (page, body) => page.evaluate(async (asked) => {
  const answer = await fetch('/v1/fine_tuning/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(asked) });
  return (await answer.json()).id;
}, body);

/** Presses Tab until an element has the focus. */
export async function tabTo(page, target, most = 80) {
  for (let pressed = 0; pressed < most; pressed += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${most} times Tab do not lead to ${target}`);
}

/** Looks at a page in both themes, on a desk and on a phone: nothing runs out of it, and everything has a name. */
export async function fits(page, name) {
  const before = page.viewportSize();
  for (const theme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: before.height });
      // Charts take a new width from an observer, a frame later.
      await page.evaluate(() => new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))); }));
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${name}, ${theme}, at ${width}`);
      assert.deepEqual(await page.evaluate(nameless), [], name);
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${theme}-${width}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
}

/** The controls that a screen reader could not name. */
export function nameless() {
  const seen = [...document.querySelectorAll('a, button, input, select, textarea')].filter((element) => element.checkVisibility());
  return seen.filter((element) => !(element.textContent.trim() || element.getAttribute('aria-label') || element.labels?.length || element.title)).map((element) => element.outerHTML);
}
