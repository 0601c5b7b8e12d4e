// What a run leaves: checkpoints to talk to and to train on, names to copy, files to download; the rewards of reinforcement; and an answer that is stopped.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { finish, fits, inkOf, scenario, started } from './browser.mjs';

const [, , , training, validation, prompts] = process.argv;

await scenario(async (page, url, context) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(url);
  const supervised = { hyperparameters: { n_epochs: 1, batch_size: 4, learning_rate: 0.01 } };
  const id = await started(page, { model: 'tiny', training_file: training, validation_file: validation, suffix: 'left', seed: 3, method: { type: 'supervised', supervised } });
  const pill = page.locator('.run .pill').first();
  await page.goto(`${url}#/runs/${id}`);
  await pill.filter({ hasText: 'succeeded' }).waitFor();

  await page.locator('.facts > div', { hasText: id }).getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), id);

  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.files a', { hasText: 'step_metrics.csv' }).click()]);
  assert.equal(download.suggestedFilename(), 'step_metrics.csv');
  assert.match(await readFile(await download.path(), 'utf8'), /^step,train_loss,/);

  const checkpoint = page.locator('.run tr').filter({ has: page.getByRole('link', { name: 'train on' }) }).first();
  const name = await checkpoint.getByRole('link', { name: 'train on' }).getAttribute('title');
  assert.match(name, /^ft:tiny:local:left:[0-9a-z]{8}:ckpt-step-5$/);
  await checkpoint.getByRole('link', { name: 'train on' }).click();
  await page.waitForFunction((model) => document.querySelector('#f-model')?.value === model, name);
  await page.goBack();
  await checkpoint.getByRole('link', { name: 'try' }).click();
  await page.waitForFunction((model) => document.querySelector('.side-b select')?.value === model, name);

  // An answer that does not come is stopped, and the next one may be asked for.
  const message = page.getByRole('textbox', { name: 'Message', exact: true });
  const chats = '**/v1/chat/completions';
  await page.route(chats, () => {});
  await message.fill('my card was charged twice');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Stop' }).click();
  for (const side of ['a', 'b']) await page.locator(`.reply.side-${side} .small-print`, { hasText: 'stopped' }).waitFor();
  await page.unroute(chats);
  await page.getByLabel('Tokens, at most').fill('4');
  await message.fill('and again');
  await page.getByRole('button', { name: 'Send' }).click();
  for (const side of ['a', 'b']) await page.locator(`.turn:last-child .side-${side} .small-print`, { hasText: 'tokens' }).waitFor();

  const grader = { type: 'string_check', name: 'has an i', operation: 'like', input: '{{sample.output_text}}', reference: 'i' };
  const rewarded = await started(page, {
    model: 'tiny', training_file: prompts, suffix: 'rewarded', seed: 3,
    method: { type: 'reinforcement', reinforcement: { grader, hyperparameters: { n_epochs: 1, batch_size: 2, group_size: 4, max_completion_tokens: 6 } } },
  });
  await page.goto(`${url}#/runs/${rewarded}`);
  await pill.filter({ hasText: 'succeeded' }).waitFor();
  const reward = page.getByRole('img', { name: /^Reward: train [\d.]+/ });
  await reward.waitFor();
  assert.ok(await inkOf(reward) > 10, 'the reward is drawn');
  await fits(page, 'rewards');
}, { expected: ['the server responded with a status of 404', 'the server responded with a status of 400'] });
finish();
