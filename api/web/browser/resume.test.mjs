// What goes wrong on the way: a killed server, a network that is slow or cut, sign-ins that run out, several tabs and people.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { PASSWORD, question, say, shell, shows, until, World, write } from './world.mjs';

const lost = (page) => page.getByText('Connection lost');

/** Every event of the session stands on its history page, once and in order. */
async function nothingMissing(world, page, session) {
  const events = await world.events(session);
  await page.goto(`/sessions/${session}/history`);
  await page.getByText(`Event ${events.length} of ${events.length}`).waitFor();
}

test('a server killed in mid-run comes back, and the page goes on without gap or repeat', async (t) => {
  const world = await World.start(t);
  const { id, folder } = await world.project('boat');
  const model = world.script(shell('while [ ! -e go ]; do sleep 0.05; done', 'Waiting for the wind.'), write('a.txt', 'a\n'), say('Done after all.'));
  const session = await world.session(id, { task: 'wait', model, edit_mode: 'ask' });
  const { page } = await world.owner();
  await page.goto(`/sessions/${session}`);
  await question(page, 'bash_exec').getByRole('button', { name: 'Allow once' }).click();
  await page.getByText('running', { exact: true }).waitFor();
  await world.kill();
  await lost(page).waitFor();
  await world.serve();
  await question(page, 'write_file').waitFor();
  await lost(page).waitFor({ state: 'hidden' });
  await page.getByText('interrupted', { exact: true }).first().waitFor();
  await question(page, 'write_file').getByRole('button', { name: 'Allow once' }).click();
  await shows(page, 'Completed');
  assert.equal(await page.getByText('Done after all.').count(), 1);
  assert.equal(await page.getByText('Waiting for the wind.').count(), 1);
  assert.equal(fs.readFileSync(path.join(folder, 'a.txt'), 'utf8'), 'a\n');
  await nothingMissing(world, page, session);
  world.quiet();
});

test('a killed server with an open question: the answer given afterwards counts', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const session = await world.session(id, { task: 'write', model: world.script(write('b.txt', 'b\n'), say('Written.')), edit_mode: 'ask' });
  const { page } = await world.owner();
  await page.goto(`/sessions/${session}`);
  await question(page, 'write_file').waitFor();
  await world.kill();
  await world.serve();
  await question(page, 'write_file').getByRole('button', { name: 'Allow once' }).click();
  await page.getByText('Written.').waitFor();
  await shows(page, 'Completed');
  assert.equal(await question(page, 'write_file').count(), 0);
  await nothingMissing(world, page, session);
  world.quiet();
});

test('a second person watches and answers', async (t) => {
  const world = await World.start(t, { OPENSAIL_REGISTRATION: 'open' });
  const { id } = await world.project('boat');
  const { page: mine } = await world.owner();
  const other = await world.person();
  const registered = await other.request.post('/api/v1/auth/register', { data: { email: 'mate@example.org', password: PASSWORD, name: 'First mate' } });
  assert.equal(registered.status(), 201);
  const theirs = await other.newPage();
  await theirs.goto('/approvals');

  await mine.getByRole('link', { name: 'Team', exact: true }).click();
  await mine.getByRole('form', { name: 'Add member' }).getByLabel('Email').fill('mate@example.org');
  await mine.getByRole('form', { name: 'Add member' }).getByRole('button', { name: 'Add' }).click();
  await mine.getByText('First mate').first().waitFor();

  const session = await world.session(id, { task: 'ask both', model: world.script(shell('echo ahoy'), say('Both heard it.')), edit_mode: 'ask' });
  await mine.goto(`/sessions/${session}`);
  await question(mine, 'bash_exec').waitFor();
  // The new member's open page learns of the team and of its question by itself.
  await question(theirs, 'bash_exec').getByText('echo ahoy').waitFor();
  await theirs.waitForFunction(() => document.title.startsWith('(1)'));
  await theirs.goto(`/sessions/${session}`);
  await question(theirs, 'bash_exec').getByRole('button', { name: 'Allow once' }).click();
  for (const page of [mine, theirs]) {
    await page.getByText('Allowed once by First mate').waitFor();
    await page.getByText('Both heard it.').waitFor();
    await shows(page, 'Completed');
    await page.waitForFunction(() => !document.title.startsWith('('));
  }

  // Taken out of the team, the open window shows nothing any more.
  await mine.getByRole('link', { name: 'Team', exact: true }).click();
  await mine.getByRole('button', { name: 'Remove First mate' }).click();
  await mine.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await mine.getByRole('button', { name: 'Remove First mate' }).waitFor({ state: 'hidden' });
  await theirs.reload();
  await theirs.getByText('Both heard it.').waitFor({ state: 'hidden' });
  world.quiet();
});

test('two tabs that renew a sign-in at once both stay signed in', async (t) => {
  const world = await World.start(t);
  const { context, page } = await world.owner();
  const second = await context.newPage();
  await second.goto('/approvals');
  await second.getByRole('heading', { name: 'Approvals' }).waitFor();
  for (let round = 0; round < 5; round += 1) {
    await context.clearCookies({ name: 'opensail_access' });
    await Promise.all([page.goto('/projects'), second.goto('/team')]);
    await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
    await second.getByRole('heading', { level: 1 }).first().waitFor();
  }
  assert.ok(!page.url().includes('sign-in') && !second.url().includes('sign-in'));
  world.quiet();
});

test('a sign-in that ran out leads back to where one was', async (t) => {
  const world = await World.start(t, { OPENSAIL_REGISTRATION: 'open' });
  const context = await world.person();
  await context.request.post('/api/v1/auth/register', { data: { email: 'mate@example.org', password: PASSWORD, name: 'Mate' } });
  const page = await context.newPage();
  await page.goto('/audit');
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  await context.clearCookies();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in to OpenSail' }).waitFor();
  await page.getByLabel('Email').fill('mate@example.org');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/audit/);
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  world.quiet();
});

test('signing out everywhere reaches the other tab', async (t) => {
  const world = await World.start(t);
  const { context, page } = await world.owner();
  const second = await context.newPage();
  await second.goto('/approvals');
  await second.getByRole('heading', { name: 'Approvals' }).waitFor();
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: /Sign out everywhere/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  for (const tab of [page, second]) await tab.waitForURL(/\/sign-in/);
  assert.deepEqual((await context.cookies()).filter(({ name }) => name.startsWith('opensail_access')), []);
  world.quiet();
});

test('a cut network is told, and afterwards everything is there', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const session = await world.session(id, { task: 'go on', model: world.script(shell('echo one'), say('Meanwhile.')), edit_mode: 'ask' });
  const { context, page } = await world.owner();
  await page.goto(`/sessions/${session}`);
  await question(page, 'bash_exec').waitFor();
  await context.setOffline(true);
  const [open] = (await world.api('GET', '/api/v1/approvals')).items;
  await world.api('POST', `/api/v1/sessions/${session}/approvals/${open.id}`, { decision: 'allow_once' });
  await world.status(session, 'completed');
  await context.setOffline(false);
  await page.getByText('Meanwhile.').waitFor();
  await shows(page, 'Completed');
  assert.equal(await page.getByText('Meanwhile.').count(), 1);
  await nothingMissing(world, page, session);
  world.quiet();
});

test('over a slow line the page is whole in the end', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const { context, page } = await world.owner();
  const wire = await context.newCDPSession(page);
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: 60_000, uploadThroughput: 30_000 });
  const session = await world.session(id, { task: 'slowly', model: world.script(write('slow.txt', 'x\n'), say('There.')), edit_mode: 'ask' });
  await page.goto(`/sessions/${session}`);
  await question(page, 'write_file').getByRole('button', { name: 'Allow once' }).click();
  await page.getByText('There.').waitFor();
  await shows(page, 'Completed');
  world.quiet();
});

test('eight tabs of one person all stay alive', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const session = await world.session(id, { task: 'many eyes', model: world.script(shell('echo one'), say('All saw it.')), edit_mode: 'ask' });
  const { context } = await world.owner();
  const tabs = [];
  for (let n = 0; n < 8; n += 1) {
    const tab = await context.newPage();
    await tab.goto(`/sessions/${session}`);
    await question(tab, 'bash_exec').waitFor();
    tabs.push(tab);
  }
  await question(tabs[7], 'bash_exec').getByRole('button', { name: 'Allow once' }).click();
  for (const tab of tabs) await tab.getByText('All saw it.').waitFor();
  await until('no tab to have lost the server', async () => (await Promise.all(tabs.map((tab) => lost(tab).count()))).every((n) => n === 0));
  world.quiet();
});
