// What a view has set aside is not passed off as whole: the page says so, and which row, until somebody has decided what becomes of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look } from './eyes.mjs';
import { World } from './world.mjs';

test('a page says what it lacks', async (t) => {
  const world = await World.start(t);
  const faults = [];
  const boat = await world.project('boat');
  await world.project('raft');
  await world.kill();
  await world.bornTwice(boat.id);
  await world.serve();

  const { page } = await world.owner();
  const notice = page.getByText('Not all is shown here');
  await notice.waitFor();
  const { items: [parked] } = await world.api('GET', '/api/v1/projections/parked');
  await page.getByText(`project-${boat.id} is as it was before #${parked.position}, or missing.`).waitFor();
  const row = (name) => page.getByRole('link', { name: new RegExp(`^${name}`) });
  await row('boat').getByText(`as before #${parked.position}`).waitFor();
  assert.equal(await row('raft').getByText('as before').count(), 0);
  await look(page, 'parked', faults);

  // What lacks nothing is not complained about, and coming back the notice is there again.
  await page.getByRole('link', { name: 'Approvals' }).click();
  await page.getByRole('heading', { name: 'Approvals', level: 1 }).waitFor();
  await notice.waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Projects', exact: true }).click();
  await notice.waitFor();

  await world.cli('projection', 'skip', 'project', `project-${boat.id}`, '--position', String(parked.position), '--reason', 'written twice');
  await page.reload();
  await row('boat').waitFor();
  await notice.waitFor({ state: 'detached' });
  assert.equal(await page.getByText('as before').count(), 0);
  assert.deepEqual(faults, []);
  assert.deepEqual(world.complaints, []);
});
