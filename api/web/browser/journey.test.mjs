// The first journey, as somebody does it who has read nothing.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { question, say, shell, shows, until, World, write } from './world.mjs';

/** No control of a page is further away, in presses of Tab. */
const MOST_TABS = 60;

test('from the link to the audit', async (t) => {
  const world = await World.start(t);
  const folder = world.projectFolder('boat');
  const model = world.script(write('boat.sh', 'echo sail\n'), shell('sh boat.sh'), say('It **sails**.'), say('Nothing more to do.'));
  const { page } = await world.owner();
  assert.ok(!page.url().includes('#'), 'the secret leaves the address bar');

  // A password, offered where one arrives.
  await page.getByRole('button', { name: 'Set password' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('New password').fill('correct horse battery');
  await dialog.getByLabel('New password').press('Enter');
  await dialog.waitFor({ state: 'hidden' });

  // A project from a folder.
  await page.getByRole('button', { name: 'New project' }).first().click();
  await dialog.getByLabel('Name').fill('boat');
  await dialog.getByRole('radio', { name: 'Folder' }).check();
  await dialog.getByLabel('Path of the folder').fill('/etc');
  await dialog.getByRole('button', { name: 'Create project' }).click();
  await dialog.locator('[aria-invalid]').waitFor();
  await dialog.getByLabel('Path of the folder').fill(folder);
  await dialog.getByRole('button', { name: 'Create project' }).click();
  await page.waitForURL(/\/projects\/[0-9a-f-]{36}$/);

  // A task, questions answered in place.
  await page.getByLabel('What is to be done?').fill('build a boat');
  await page.getByText('Model and limits').click();
  await page.getByLabel('Model', { exact: true }).fill(model);
  await page.getByRole('button', { name: 'Start session' }).click();
  await page.waitForURL(/\/sessions\//);
  const session = page.url().split('/').at(-1);
  await question(page, 'write_file').waitFor();
  await page.waitForFunction(() => document.title.startsWith('(1)'));
  assert.ok(!fs.existsSync(path.join(folder, 'boat.sh')), 'nothing happens before it is allowed');
  await question(page, 'write_file').getByRole('button', { name: 'Allow once' }).click();
  await question(page, 'bash_exec').getByText('sh boat.sh').waitFor();
  await question(page, 'bash_exec').getByRole('button', { name: 'Allow once' }).click();
  await page.locator('strong', { hasText: /^sails$/ }).waitFor();
  await shows(page, 'Completed');
  await page.waitForFunction(() => !document.title.startsWith('('));
  assert.equal(fs.readFileSync(path.join(folder, 'boat.sh'), 'utf8'), 'echo sail\n');
  await page.getByRole('button', { name: /bash_exec sh boat.sh/ }).click();
  await page.locator('.tool-body').getByText(/^sail/).waitFor();

  // A follow-up by keyboard.
  await page.getByRole('textbox', { name: 'Message to the agent' }).fill('anything else?');
  await page.getByRole('textbox', { name: 'Message to the agent' }).press('Control+Enter');
  await page.getByText('Nothing more to do.').waitFor();
  await shows(page, 'Completed');

  // What it changed, and every step of it again.
  await page.getByRole('link', { name: 'Changes' }).click();
  await page.getByText('boat.sh').first().waitFor();
  await page.getByRole('link', { name: 'History' }).click();
  const count = (await world.events(session)).length;
  await page.getByText(`Event ${count} of ${count}`).waitFor();
  await page.getByRole('button', { name: 'First event' }).click();
  await page.getByText(`Event 1 of ${count}`).waitFor();
  await page.getByRole('slider').press('ArrowRight');
  await page.getByText(`Event 2 of ${count}`).waitFor();
  assert.equal(await page.locator('.player-talk').getByText('Nothing more to do.').count(), 0, 'the past knows nothing of what came later');
  const moment = page.url();
  await page.goto('/projects');
  await page.goto(moment);
  await page.getByText(`Event 2 of ${count}`).waitFor();

  // Who did what.
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByRole('button', { name: /approval_answered/ }).first().click();
  await page.getByRole('dialog').getByText('agent_session.approval_answered').first().waitFor();
  world.quiet();
});

test('by keyboard alone: the palette opens pages and a project', async (t) => {
  const world = await World.start(t);
  await world.project('boat');
  const { page } = await world.owner();
  await page.getByRole('link', { name: /boat/ }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('audit');
  await page.getByRole('option', { name: /Audit/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/audit/);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('boat');
  await page.getByRole('option', { name: /boat/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/projects\/[0-9a-f-]{36}/);
  await until('a first tab stop that skips to the content', async () => {
    await page.reload();
    await page.getByLabel('What is to be done?').waitFor();
    await page.keyboard.press('Tab');
    return page.evaluate(() => document.activeElement?.textContent === 'Skip to content');
  });
  world.quiet();
});

/** Presses Tab until something with this name has the focus, which must show. */
async function tabTo(page, name) {
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    return { name: at?.getAttribute('aria-label') ?? at?.textContent ?? '', seen: at?.checkVisibility() === true && at.getBoundingClientRect().bottom <= document.documentElement.clientHeight };
  });
  for (let n = 0; n < MOST_TABS; n += 1) {
    await page.keyboard.press('Tab');
    const at = await focused();
    if (!name.test(at.name.trim())) continue;
    assert.ok(at.seen, `${name} has the focus and does not show`);
    return;
  }
  assert.fail(`Tab never comes to ${name}`);
}

test('in a narrow window, by keyboard alone, a question is found and answered', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const session = await world.session(id, { task: 'ask', model: world.script(shell('echo ahoy'), say('Heard.')), edit_mode: 'ask' });
  const { page } = await world.owner({ viewport: { width: 400, height: 800 } });
  await page.getByRole('button', { name: 'Open navigation, 1 question waits' }).waitFor();
  await tabTo(page, /^Open navigation/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Approvals/);
  await page.keyboard.press('Enter');
  await question(page, 'bash_exec').getByText('echo ahoy').waitFor();
  await tabTo(page, /^Allow once$/);
  await page.keyboard.press('Enter');
  await page.getByText('Nothing waits for you').waitFor();
  await world.status(session, 'completed');
  world.quiet();
});
