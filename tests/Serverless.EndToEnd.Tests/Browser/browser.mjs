// Opens pages in the system's Chromium, and fails when one of them does. PLAYWRIGHT names the library, CHROMIUM the browser.
import assert from 'node:assert/strict';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const { chromium } = await import(pathToFileURL(process.env.PLAYWRIGHT));
const patience = 120_000;

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

/** How many pixels of a chart have the colour of its first line. */
export const inkOf = (chart) => chart.locator('canvas').evaluate((canvas) => {
  const probe = document.createElement('span');
  probe.style.color = 'var(--line-1)';
  document.body.append(probe);
  const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 24) found += 1;
  return found;
});

/** The controls that a screen reader could not name. */
export function nameless() {
  const seen = [...document.querySelectorAll('a, button, input, select, textarea')].filter((element) => element.checkVisibility());
  return seen.filter((element) => !(element.textContent.trim() || element.getAttribute('aria-label') || element.labels?.length || element.title)).map((element) => element.outerHTML);
}
