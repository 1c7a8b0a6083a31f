// What each room of the console is for, as somebody uses it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { say, shell, shows, World, write } from './world.mjs';

const KEY = 'sk-of-the-test';

/** A model service: chat completions, for who has the key. */
async function service(t) {
  const server = http.createServer((request, response) => {
    const known = request.headers.authorization === `Bearer ${KEY}`;
    response.writeHead(known ? 200 : 401, { 'content-type': known ? 'text/event-stream' : 'application/json' });
    const piece = { model: 'sail-1', choices: [{ index: 0, delta: { content: 'ready' }, finish_reason: 'stop' }] };
    response.end(known ? `data: ${JSON.stringify(piece)}\n\ndata: [DONE]\n\n` : JSON.stringify({ error: { message: 'no such key' } }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/v1`;
}

test('a model is set up, tried and used without a restart', async (t) => {
  const world = await World.start(t);
  const address = await service(t);
  const { id } = await world.project('boat');
  const { page } = await world.owner();
  await page.getByRole('link', { name: 'Set up a model' }).click();
  await page.getByLabel('Model', { exact: true }).fill('sail-1');
  await page.getByLabel('Address').fill(address);
  await page.getByLabel('Key').fill('wrong');
  await page.getByRole('button', { name: 'Test' }).click();
  await page.getByText('sail-1 did not answer.').waitFor();
  await page.getByLabel('Key').fill(KEY);
  await page.getByRole('button', { name: 'Test' }).click();
  await page.getByText(/sail-1 answered in/).waitFor();
  await page.getByRole('button', { name: 'Use this model' }).click();
  await page.getByText('Saved.').waitFor();
  assert.equal(await page.getByLabel('Key').inputValue(), '', 'a saved key does not stay on the page');
  await page.reload();
  await page.getByText('One is kept for this service.').waitFor();
  assert.ok(!(await page.content()).includes(KEY));
  await page.goto(`/projects/${id}`);
  await page.getByLabel('What is to be done?').fill('say something');
  await page.getByRole('button', { name: 'Start session' }).click();
  await page.locator('.said').getByText('ready', { exact: true }).waitFor();
  await shows(page, 'Completed');
  await page.goto('/model');
  await page.getByRole('button', { name: 'Use none …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Use none' }).click();
  await page.getByText('Only the tour').waitFor();
  world.quiet();
});

test('a file says who wrote it, and leads to the step', async (t) => {
  const world = await World.start(t);
  const { id, folder } = await world.project('boat');
  fs.writeFileSync(path.join(folder, 'old.txt'), 'old\n');
  const model = world.script(write('new.txt', 'new\n'), shell('echo more >> new.txt'), say('Done.'));
  const session = await world.session(id, { task: 'write', model, edit_mode: 'allow' });
  await world.status(session, 'completed');
  const { page } = await world.owner();
  await page.goto(`/projects/${id}/files/old.txt`);
  await page.getByText('No event of this project wrote it').waitFor();
  await page.goto(`/projects/${id}/files/new.txt`);
  await page.getByText(/Written by an agent/).waitFor();
  await page.getByText('changed since by something that leaves no event').waitFor();
  await page.getByRole('link', { name: 'See the step' }).click();
  await page.locator('.event-row[aria-selected="true"]', { hasText: 'tool_call_started' }).waitFor();
  await page.goto(`/projects/${id}/files/new.txt`);
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('mine ');
  await page.keyboard.press('Control+s');
  await page.getByText('Saved.').waitFor();
  await page.getByText(/Written by (?!an agent)/).waitFor();
  assert.equal(fs.readFileSync(path.join(folder, 'new.txt'), 'utf8'), 'mine new\nmore\n');
  world.quiet();
});

test('an exported session is stepped through from its file, full outputs too', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const model = world.script(shell('seq 1 30000'), say('Counted.'));
  const session = await world.session(id, { task: 'count', model, edit_mode: 'allow' });
  await world.status(session, 'completed');
  const file = path.join(world.folder, 'session.jsonl');
  const answer = await fetch(`${world.url}/api/v1/sessions/${session}/export?format=jsonl`, { headers: { authorization: `Bearer ${world.token}` } });
  fs.writeFileSync(file, await answer.text());
  const count = (await world.events(session)).length;
  const { page } = await world.owner();
  await page.goto('/replay');
  await page.getByLabel('Choose a file').setInputFiles({ name: 'x.jsonl', mimeType: 'text/plain', buffer: Buffer.from('no export') });
  await page.getByRole('alert').waitFor();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.getByLabel('Choose a file').setInputFiles(file);
  await page.getByText(`Event ${count} of ${count}`).waitFor();
  await page.getByText('Counted.').waitFor();
  await page.getByRole('button', { name: /bash_exec/ }).click();
  await page.getByRole('button', { name: /Show all of it/ }).click();
  await page.locator('.pre').getByText(/\n14999\n/).waitFor();
  assert.deepEqual(asked.filter((url) => url.includes('/outputs/')), [], 'the file is enough');
  // The arrows step from anywhere on the page.
  await page.getByText('Counted.').click();
  await page.keyboard.press('ArrowLeft');
  await page.getByText(`Event ${count - 1} of ${count}`).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.getByText(`Event ${count} of ${count}`).waitFor();
  world.quiet();
});

test('a filter of the audit is kept under its name, and the palette knows sessions', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const session = await world.session(id, { task: 'paint the hull', model: world.script(say('Red.')), edit_mode: 'ask' });
  await world.status(session, 'completed');
  const { page } = await world.owner();
  await page.goto('/audit');
  await page.getByLabel('Type').selectOption('agent_session.completed');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.waitForURL(/type=agent_session.completed/);
  await page.getByRole('button', { name: 'Save filter …' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('ends');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.goto('/audit');
  await page.getByRole('button', { name: 'ends', exact: true }).click();
  await page.waitForURL(/type=agent_session.completed/);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('paint');
  await page.getByRole('option', { name: /paint the hull/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(session));
  await page.getByText('Red.').waitFor();
  world.quiet();
});
