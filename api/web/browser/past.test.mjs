// Looking back: lists as they were at a chosen time, on the way through links too, and back to now.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look } from './eyes.mjs';
import { say, until, World } from './world.mjs';

test('projects and sessions are shown as they were at a chosen second, and as they are again', async (t) => {
  const world = await World.start(t);
  const faults = [];
  const boat = await world.project('boat');
  const first = await world.session(boat.id, { task: 'before', model: world.script(say('Done.')), edit_mode: 'allow' });
  await world.status(first, 'completed');
  // The field takes whole seconds: the next one, and what comes after it.
  const then = Math.ceil(Math.max(...(await world.events(first)).map(({ time }) => Date.parse(time))) / 1000) * 1000;
  await until('the second to be over', () => Date.now() > then);
  await world.project('raft');
  const second = await world.session(boat.id, { task: 'afterwards', model: world.script(say('Done.')), edit_mode: 'allow' });
  await world.status(second, 'completed');

  const { page } = await world.owner();
  const projects = page.getByRole('list', { name: 'Projects' }).getByRole('listitem');
  const names = async () => (await projects.locator('strong').allTextContents()).join(' ');
  await until('both projects', async () => (await names()) === 'boat raft');
  const local = await page.evaluate((time) => {
    const at = new Date(time);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  }, then);
  await page.getByLabel('Look back to').fill(local);
  await page.getByRole('status').filter({ hasText: 'As it was on' }).waitFor();
  await until('the one project that was', async () => (await names()) === 'boat');
  assert.equal(await page.getByRole('button', { name: 'New project' }).count(), 0, 'nothing is made in the past');
  await look(page, 'past-projects', faults);

  await page.getByRole('link', { name: /boat/ }).click();
  await page.getByRole('status').filter({ hasText: 'As it was on' }).waitFor();
  await page.getByText('before', { exact: true }).waitFor();
  assert.equal(await page.getByText('afterwards', { exact: true }).count(), 0);
  await look(page, 'past-sessions', faults);
  // The address tells the time, so the view can be sent to somebody.
  await page.reload();
  await page.getByText('before', { exact: true }).waitFor();
  assert.equal(await page.getByText('afterwards', { exact: true }).count(), 0);

  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.getByText('afterwards', { exact: true }).waitFor();
  assert.equal(await page.getByRole('status').filter({ hasText: 'As it was on' }).count(), 0);
  assert.deepEqual(faults, []);
  world.quiet();
});
