// Any step of a session with its files: another way from there, back to there, and both put together again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { look } from './eyes.mjs';
import { PICTURES, say, shell, shows, until, World, write } from './world.mjs';

test('a step is seen with its files, forked, merged back with a conflict, gone back to and thrown away', async (t) => {
  const world = await World.start(t);
  const faults = [];
  const { id, folder } = await world.project('boat');
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.writeFileSync(path.join(folder, 'node_modules', 'index.js'), 'made again\n');
  const model = world.script(write('hull.txt', 'red\n'), shell("printf 'blue\\n' > hull.txt; mkdir -p deck; printf 'oak\\n' > deck/mast.txt"), say('Painted.'));
  const session = await world.session(id, { task: 'paint the hull', model, edit_mode: 'allow' });
  await world.status(session, 'completed');
  const snapshots = await until('the files of both steps', async () => {
    const { items, awaited } = await world.api('GET', `/api/v1/sessions/${session}/snapshots`);
    return !awaited && items.length >= 3 && items;
  });
  const [, first, second] = snapshots.map(({ position }) => position);
  const { page } = await world.owner();

  // The slider, with the files at each step.
  await page.goto(`/sessions/${session}/history?at=${second}`);
  await page.getByRole('radio', { name: 'Files' }).check();
  const changed = page.getByRole('region', { name: 'Changed by the last step until here' });
  await changed.getByRole('heading', { name: 'deck/mast.txt' }).waitFor();
  await changed.getByText('-red').waitFor();
  await page.getByText('1 path is left out').click();
  await page.getByRole('list', { name: '1 path is left out' }).getByText('node_modules a cache, by its name').waitFor();
  const tree = page.getByRole('region', { name: 'Files at this moment' });
  await tree.getByRole('button', { name: 'deck' }).click();
  await tree.getByRole('button', { name: 'mast.txt' }).click();
  await tree.locator('.cm-content').getByText('oak').waitFor();
  await look(page, 'step-files', faults);
  await page.goto(`/sessions/${session}/history?at=${first}`);
  await page.getByRole('radio', { name: 'Files' }).check();
  await tree.getByRole('button', { name: 'hull.txt' }).click();
  await tree.locator('.cm-content').getByText('red').waitFor();
  assert.equal(await tree.getByRole('button', { name: 'deck' }).count(), 0, 'what came later is not there yet');

  // Another way from there.
  await page.getByRole('button', { name: 'Fork from here' }).click();
  await look(page, 'fork', faults);
  await page.getByRole('dialog').getByRole('button', { name: 'Fork', exact: true }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/sessions/') && !url.pathname.includes(session));
  await page.getByText('Forked off here.').waitFor();
  await page.locator('.said-user').getByText('paint the hull').waitFor();
  await shows(page, 'Completed');
  const fork = new URL(page.url()).pathname.split('/')[2];
  await page.getByRole('link', { name: /^at its event/ }).click();
  await page.waitForURL(new RegExp(`${session}/history`));
  await page.locator('.event-row[aria-selected="true"]').waitFor();

  // The fork changes the file that the origin changed too.
  const copy = path.join(world.home, 'forks', fork);
  fs.writeFileSync(path.join(copy, 'hull.txt'), 'green\n');
  await page.goto(`/sessions/${fork}/forks`);
  await page.getByRole('link', { name: 'Compare with paint the hull' }).click();
  await page.getByRole('heading', { name: 'Two ways compared' }).waitFor();
  await page.getByText('bash_exec').waitFor();
  await look(page, 'compare', faults);
  await page.getByRole('link', { name: 'All forks' }).click();
  await page.getByRole('button', { name: 'Merge back …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await dialog.getByRole('radio', { name: 'Take what comes' }).check();
  await look(page, 'merge-conflict', faults);
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByText(/^Merged: 1 file changed/).waitFor();
  assert.equal(fs.readFileSync(path.join(folder, 'hull.txt'), 'utf8'), 'green\n');
  await look(page, 'forks', faults);
  await page.getByRole('button', { name: 'Throw away …' }).click();
  await dialog.getByRole('button', { name: 'Throw away', exact: true }).click();
  await page.getByRole('status').filter({ hasText: 'Its files were thrown away.' }).waitFor();
  assert.equal(fs.existsSync(copy), false);

  // Back to the first step; what a person changed since is asked about.
  fs.writeFileSync(path.join(folder, 'hull.txt'), 'mine\n');
  await page.goto(`/sessions/${session}/history?at=${first}`);
  await page.getByRole('button', { name: 'Go back to here' }).click();
  await dialog.getByRole('button', { name: 'Go back', exact: true }).click();
  await dialog.getByRole('group', { name: 'hull.txt' }).waitFor();
  await look(page, 'undo-conflict', faults);
  await dialog.getByRole('group', { name: 'hull.txt' }).getByRole('radio', { name: 'Keep what is there' }).check();
  await dialog.getByRole('button', { name: 'Go back', exact: true }).click();
  await page.getByText(/^Went back/).waitFor();
  assert.equal(await page.getByText('Painted.').count(), 0, 'the conversation went back too');
  assert.equal(fs.readFileSync(path.join(folder, 'hull.txt'), 'utf8'), 'mine\n');
  assert.equal(fs.existsSync(path.join(folder, 'deck')), false);
  await look(page, 'undone', faults);
  t.diagnostic(`pictures: ${PICTURES}`);
  assert.deepEqual(faults, []);
  world.quiet();
});

test('a file that may not be changed is told after going back, and everything else is done', async (t) => {
  if (process.getuid() !== 0) return t.skip('only root may make a file immutable');
  const world = await World.start(t);
  const faults = [];
  const { id, folder } = await world.project('boat');
  const model = world.script(write('hull.txt', 'red\n'), write('deck.txt', 'oak\n'), say('Painted.'));
  const session = await world.session(id, { task: 'paint the hull', model, edit_mode: 'allow' });
  await world.status(session, 'completed');
  const [begun] = await until('the files of both steps', async () => {
    const { items, awaited } = await world.api('GET', `/api/v1/sessions/${session}/snapshots`);
    return !awaited && items.length >= 3 && items;
  });
  const fixed = path.join(folder, 'deck.txt');
  try {
    execFileSync('chattr', ['+i', fixed], { stdio: 'pipe' });
  } catch {
    return t.skip('this file system knows no immutable files');
  }
  try {
    const { page } = await world.owner();
    await page.goto(`/sessions/${session}/history?at=${begun.position}`);
    await page.getByRole('button', { name: 'Go back to here' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Go back', exact: true }).click();
    const told = page.getByRole('dialog', { name: 'Gone back, with exceptions' });
    await told.getByText('deck.txt its owner, mode or a flag on it does not allow it').waitFor();
    await look(page, 'undone-with-exceptions', faults);
    await told.getByRole('button', { name: 'To the session' }).click();
    await page.getByText(/^Went back/).waitFor();
    assert.equal(fs.existsSync(path.join(folder, 'hull.txt')), false);
    assert.equal(fs.existsSync(fixed), true);
  } finally {
    execFileSync('chattr', ['-i', fixed]);
  }
  assert.deepEqual(faults, []);
  world.quiet();
});
