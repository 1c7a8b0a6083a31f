// What is kept of a session's steps: under names, line by line, in forks of forks; and how that is let go of.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { look } from './eyes.mjs';
import { say, shell, shows, until, World, write } from './world.mjs';

/** Positions of the steps of a session, once all of their files are kept. */
async function steps(world, session, least) {
  return until('the files of every step', async () => {
    const { items, awaited } = await world.api('GET', `/api/v1/sessions/${session}/snapshots`);
    return !awaited && items.length >= least && items.map(({ position }) => position);
  });
}

test('a step is named and loses its name again, and every line says which event wrote it', async (t) => {
  const world = await World.start(t);
  const faults = [];
  const { id, folder } = await world.project('boat');
  fs.writeFileSync(path.join(folder, 'log.txt'), 'set sail\n');
  const model = world.script(shell("printf 'wind\\n' >> log.txt"), shell("printf 'rain\\nfog\\n' >> log.txt"), write('hull.txt', 'red\nblue\n'), say('Logged.'));
  const session = await world.session(id, { task: 'keep the log', model, edit_mode: 'allow' });
  await world.status(session, 'completed');
  const [, wind, rain, hull] = await steps(world, session, 4);
  const { page } = await world.owner();

  // In the list, by keyboard alone.
  await page.goto(`/sessions/${session}`);
  await page.getByRole('link', { name: 'Kept files' }).focus();
  await page.keyboard.press('Enter');
  const naming = page.getByRole('button', { name: `Name the files of event ${wind}` });
  await naming.waitFor();
  await until('the button by Tab', async () => {
    await page.keyboard.press('Tab');
    return naming.evaluate((button) => button === document.activeElement);
  });
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').focus();
  await page.keyboard.type('before the rain');
  await look(page, 'snapshot-name', faults);
  await page.keyboard.press('Enter');
  const row = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: `Event ${wind}`, exact: true }) });
  await row.getByText('before the rain').waitFor();
  await row.getByText('named', { exact: true }).waitFor();
  await look(page, 'snapshots', faults);

  // At the moment itself it is known too, and the name is taken away there.
  await row.getByRole('link').click();
  await page.getByRole('radio', { name: 'Files' }).check();
  await page.getByText('Kept under the name “before the rain”.').waitFor();
  await page.getByRole('button', { name: `Rename the files of event ${wind}` }).click();
  await dialog.getByRole('button', { name: 'Take the name away' }).click();
  await page.getByText('Kept under the name').waitFor({ state: 'detached' });
  assert.equal((await world.api('GET', `/api/v1/sessions/${session}/snapshots`)).items.find(({ position }) => position === wind).name, null);

  // Line by line, as it was at the last step.
  await page.goto(`/sessions/${session}/history?at=${hull}`);
  await page.getByRole('radio', { name: 'Files' }).check();
  const tree = page.getByRole('region', { name: 'Files at this moment' });
  await tree.getByRole('button', { name: 'log.txt' }).click();
  await page.getByRole('button', { name: 'Who wrote each line' }).click();
  const lines = page.getByRole('region', { name: 'Lines of log.txt and the events that wrote them' });
  await lines.getByText('set sail').waitFor();
  const read = await lines.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.deepEqual(read, [['before the session', '1', 'set sail'], [`Event ${wind}`, '2', 'wind'], [`Event ${rain}`, '3', 'rain'], ['', '4', 'fog']]);
  await look(page, 'blame', faults);

  // From the project's own file, too; what is typed there is not lost by looking.
  await page.goto(`/projects/${id}/files/hull.txt`);
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('dark ');
  await page.getByRole('button', { name: 'Who wrote each line' }).click();
  await page.getByRole('region', { name: /^Lines of hull.txt/ }).getByRole('link', { name: `Event ${hull}` }).waitFor();
  await look(page, 'file-blame', faults);
  await page.getByRole('button', { name: 'Back to the file' }).click();
  await page.locator('.cm-content').getByText('dark red').waitFor();
  page.on('dialog', (asked) => asked.accept());
  await page.goto(`/projects/${id}/files/hull.txt`);
  await page.getByRole('button', { name: 'Who wrote each line' }).click();
  await page.getByRole('link', { name: `Event ${hull}` }).click();
  await page.waitForURL(new RegExp(`${session}/history\\?at=${hull}`));
  assert.deepEqual(faults, []);
  world.quiet();
});

test('old steps are let go of as the project’s settings say, after a dry run with sizes, and are shown as released', async (t) => {
  const world = await World.start(t);
  const faults = [];
  const { id } = await world.project('boat');
  const model = world.script(...Array.from({ length: 6 }, (_, n) => write('hull.txt', `coat ${n}\n`)), say('Painted.'));
  const session = await world.session(id, { task: 'paint often', model, edit_mode: 'allow' });
  await world.status(session, 'completed');
  const [, , second] = await steps(world, session, 7);
  await world.api('PUT', `/api/v1/sessions/${session}/snapshots/${second}`, { name: 'second coat' });
  const { page } = await world.owner();
  await page.goto(`/projects/${id}/settings`);
  const form = page.getByRole('form', { name: 'Files of earlier steps' });
  await form.getByRole('radio', { name: 'Fewer, when they are old' }).check();
  await form.getByLabel('All of the last days').fill('-1');
  await form.getByText('A whole number, 0 or more.').waitFor();
  await form.getByLabel('All of the last days').fill('0');
  await form.getByLabel('Of older ones every n-th').fill('1000');
  await look(page, 'retention', faults);
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Now all of the last 0 days are kept, of older ones 1 of 1000.').waitFor();
  await page.reload();
  await form.getByText('Now all of the last 0 days are kept').waitFor();

  // A dry run touches nothing.
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Storage …' }).click();
  await page.getByRole('button', { name: 'See what would go' }).click();
  const would = page.getByRole('region', { name: 'What would go' });
  await would.getByRole('row', { name: /^In use/ }).getByText(/ (B|KiB|MiB)$/).waitFor();
  await look(page, 'storage', faults);
  const kept = async () => (await world.api('GET', `/api/v1/sessions/${session}/snapshots`)).items.filter((one) => one.kept).length;
  assert.equal(await kept(), 7);
  await page.getByRole('button', { name: 'Sweep …' }).click();
  await look(page, 'storage-sweep', faults);
  await page.getByRole('dialog').getByRole('button', { name: 'Sweep', exact: true }).click();
  await page.getByRole('region', { name: 'What went' }).waitFor();
  assert.equal(await kept(), 3, 'the first, the last and the named one');

  // Released is said wherever the step is shown; the named one is still there.
  await page.goto(`/sessions/${session}/snapshots`);
  await page.getByText('released', { exact: true }).first().waitFor();
  assert.equal(await page.getByText('released', { exact: true }).count(), 4);
  assert.equal(await page.getByRole('button', { name: /^(Name|Rename) the files/ }).count(), 3);
  await look(page, 'snapshots-released', faults);
  await page.getByRole('listitem').filter({ hasText: 'released' }).first().getByRole('link').click();
  await page.getByRole('radio', { name: 'Files' }).check();
  await page.getByText('The files of this step were released by the retention of the project.').waitFor();
  await look(page, 'step-released', faults);
  await page.goto(`/sessions/${session}/history?at=${second}`);
  await page.getByRole('radio', { name: 'Files' }).check();
  await page.getByText('Kept under the name “second coat”.').waitFor();
  assert.deepEqual(faults, []);
  world.quiet();
});

test('a fork is given a message, forked again, and merged with both sides marked', async (t) => {
  const world = await World.start(t);
  const faults = [];
  const { id, folder } = await world.project('boat');
  const model = world.script(write('hull.txt', 'red\n'), say('Red.'), write('hull.txt', 'green\n'), say('Green.'));
  const session = await world.session(id, { task: 'paint the hull', model, edit_mode: 'allow' });
  await world.status(session, 'completed');
  const [, red] = await steps(world, session, 2);
  const { page } = await world.owner();
  const forkAt = async (from, at, message) => {
    await page.goto(`/sessions/${from}/history?at=${at}`);
    await page.getByRole('button', { name: 'Fork from here' }).click();
    const dialog = page.getByRole('dialog');
    if (message) await dialog.getByLabel('Message to the fork').fill(message);
    await dialog.getByRole('button', { name: 'Fork', exact: true }).click();
    await page.waitForURL((url) => url.pathname.startsWith('/sessions/') && !url.pathname.includes(from));
    return new URL(page.url()).pathname.split('/')[2];
  };

  // With a message it goes on by itself, in a copy of its own.
  const last = (await world.events(session)).at(-1).position;
  const fork = await forkAt(session, last, 'now green');
  await page.locator('.said-user').getByText('now green').waitFor();
  await shows(page, 'Completed');
  await page.getByText('Green.').waitFor();
  assert.equal(fs.readFileSync(path.join(folder, 'hull.txt'), 'utf8'), 'red\n');
  assert.equal(fs.readFileSync(path.join(world.home, 'forks', fork, 'hull.txt'), 'utf8'), 'green\n');

  // A fork of the fork stands beneath it in the tree.
  const [, , green] = await steps(world, fork, 2).then((all) => [0, 0, all.at(-1)]);
  const grandchild = await forkAt(fork, green);
  await page.goto(`/sessions/${grandchild}/forks`);
  const tree = page.getByRole('region', { name: 'Tree of forks' });
  await tree.getByText('this session').waitFor();
  const places = await tree.getByRole('listitem').evaluateAll((items) => items.map((item) => item.style.paddingLeft));
  assert.equal(new Set(places).size, 3, `each stands one further in: ${places}`);
  await look(page, 'forks-of-forks', faults);
  await tree.getByRole('link', { name: 'Compare with paint the hull' }).first().click();
  await page.getByRole('heading', { name: 'Two ways compared' }).waitFor();
  await page.getByRole('region', { name: 'hull.txt', exact: true }).waitFor();

  // Both sides changed the file since: both, marked.
  fs.writeFileSync(path.join(folder, 'hull.txt'), 'blue\n');
  await page.goto(`/sessions/${fork}/forks`);
  await page.getByRole('button', { name: 'Merge back …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await dialog.getByRole('group', { name: 'hull.txt' }).getByRole('radio', { name: 'Both, marked' }).check();
  await dialog.getByText('Both sides', { exact: true }).click();
  await dialog.getByRole('region', { name: 'hull.txt with both sides marked' }).getByText('<<<<<<<').waitFor();
  await look(page, 'merge-marked', faults);
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByText(/^Merged: 1 file changed/).waitFor();
  const merged = fs.readFileSync(path.join(folder, 'hull.txt'), 'utf8');
  assert.match(merged, /<<<<<<<[\s\S]*blue[\s\S]*=======[\s\S]*green[\s\S]*>>>>>>>/);
  assert.ok(red < last);
  assert.deepEqual(faults, []);
  world.quiet();
});
