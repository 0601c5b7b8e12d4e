// A recipe's page has a column for every stage, and runs again; the form takes general text to replay.
import assert from 'node:assert/strict';
import { finish, scenario } from './browser.mjs';

const [, , , training, validation, text] = process.argv;

for (const [width, theme] of [[1280, 'light'], [390, 'dark']]) {
  await scenario(async (page, url) => {
    await page.goto(url);
    const supervised = { hyperparameters: { n_epochs: 1, batch_size: 4, learning_rate: 0.01 } };
    const asked = {
      model: 'tiny', training_file: training, validation_file: validation, suffix: `recipe-${width}`, seed: 3,
      evaluation: { graders: [{ type: 'string_check', name: 'says a team', operation: 'like', input: '{{sample.output_text}}', reference: 'i' }] },
      method: { type: 'recipe', replay: { file: text, share: 0.2 }, recipe: { stages: [{ type: 'supervised', supervised }, { type: 'supervised', supervised }, { type: 'supervised', supervised }] } },
    };
    const made = await page.evaluate(async (body) => (await fetch('/v1/fine_tuning/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json(), asked);
    await page.goto(`${url}#/runs/${made.id}`);
    await page.locator('.run .pill').first().filter({ hasText: 'succeeded' }).waitFor();
    const scores = page.locator('.scores');
    await scores.locator('tr', { hasText: 'Answers exactly right' }).waitFor();
    await page.getByRole('heading', { name: 'Base against every stage' }).waitFor();
    // The table of the job while it ran stands there until that of its end has come.
    await page.waitForFunction(() => [...document.querySelectorAll('.scores tbody tr td:nth-of-type(4)')].every((tuned) => /\d/.test(tuned.textContent)));
    assert.deepEqual(await scores.locator('thead th').allInnerTexts().then((all) => all.map((name) => name.replace(/\s+/g, ' ').trim())),
      ['', 'Base', 'Stage 1 supervised', 'Stage 2 supervised', 'Stage 3, tuned supervised', 'Gain', 'Better / worse / same']);
    for (const name of ['Loss', 'Perplexity', 'Token accuracy', 'Loss on general text', 'Perplexity on general text', 'Answers exactly right', 'says a team']) {
      const cells = await scores.locator('tbody tr', { has: page.getByRole('rowheader', { name, exact: true }) }).locator('td').allInnerTexts();
      assert.equal(cells.length, 6, name);
      assert.ok(cells.slice(0, 4).every((cell) => /\d/.test(cell)), `${name}: ${cells}`);
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);

    // The same recipe once more, asked for as it was.
    await page.getByRole('button', { name: 'Run again' }).click();
    const again = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/fine_tuning/jobs'));
    await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click();
    const body = (await again).postDataJSON();
    assert.deepEqual([body.model, body.training_file, body.validation_file, body.suffix, body.seed, body.evaluation], [asked.model, training, validation, asked.suffix, 3, asked.evaluation]);
    assert.deepEqual(body.method.recipe.stages.map((stage) => [stage.type, stage.replay, stage.supervised.hyperparameters.learning_rate]), Array(3).fill(['supervised', asked.method.replay, 0.01]));
    await page.waitForFunction((before) => location.hash.includes('/ftjob-') && !location.hash.includes(before), made.id);
    await page.locator('.run .pill').first().filter({ hasText: 'succeeded' }).waitFor();

    // A run of the form, with text to replay.
    await page.goto(`${url}#/new`);
    await page.getByLabel('Base model').selectOption('tiny');
    await page.getByLabel('Training file').selectOption(training);
    assert.equal(await page.getByLabel('Its share').isVisible(), false);
    await page.getByLabel('Text to replay').selectOption(text);
    await page.getByLabel('Its share').fill('1.5');
    await page.locator('.dry .fault', { hasText: 'share' }).waitFor();
    assert.equal(await page.getByLabel('Its share').getAttribute('aria-invalid'), 'true');
    await page.getByLabel('Its share').fill('0.25');
    await page.getByLabel('Epochs').fill('1');
    await page.locator('.dry .big').waitFor();
    const started = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/fine_tuning/jobs'));
    await page.getByRole('button', { name: 'Start the run' }).click();
    assert.deepEqual((await started).postDataJSON().method.replay, { file: text, share: 0.25 });
    await page.locator('.facts > div', { hasText: 'Replayed text' }).getByText('text.jsonl').waitFor();
    await page.locator('.run .pill').first().filter({ hasText: 'succeeded' }).waitFor();
    await page.locator('.scores tr', { hasText: 'Loss on general text' }).waitFor();
    await page.getByRole('link', { name: 'Run again' }).click();
    await page.waitForFunction((file) => document.querySelector('#f-replay')?.value === file, text);
    assert.equal(await page.getByLabel('Its share').inputValue(), '0.25');
  }, { width, theme, expected: ['the server responded with a status of 404', 'the server responded with a status of 400'] });
}
finish();
