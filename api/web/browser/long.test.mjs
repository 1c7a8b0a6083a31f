// A session of ten thousand events: the page holds only what is on screen, and nothing jumps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { say, shows, until, World } from './world.mjs';

const STEPS = 50;
const CALLS = 100;
/** Looked at from here on while it runs. */
const WATCHED_FROM = 40;
/** A bound for a broken build, in milliseconds. */
const LONG = 600_000;
/** Elements that a page may hold, however long its session. */
const MOST_ELEMENTS = 1500;
/** Cumulative layout shift that people do not notice: https://web.dev/articles/cls calls up to 0.1 good. */
const MOST_SHIFT = 0.05;

/** Sums up as that article says: the worst window, which ends after a second without a shift or when it is five seconds old. */
function observeShifts() {
  globalThis.shift = 0;
  let [sum, begun, last] = [0, 0, -Infinity];
  new PerformanceObserver((list) => {
    for (const { value, startTime, hadRecentInput } of list.getEntries()) {
      if (hadRecentInput) continue;
      if (startTime - last > 1000 || startTime - begun > 5000) [sum, begun] = [0, startTime];
      last = startTime;
      sum += value;
      globalThis.shift = Math.max(globalThis.shift, sum);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

test('ten thousand events stay smooth', async (t) => {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const call = { name: 'list_dir', arguments: { dir_path: '.' } };
  const steps = Array.from({ length: STEPS }, (_, n) => ({ text: `Step ${n} of many, looking around.`, tool_calls: Array(CALLS).fill(call) }));
  const session = await world.session(id, { task: 'look around', model: world.script(...steps, say('That was all.')), edit_mode: 'allow', budget: { max_steps: 1000 } });
  const { page } = await world.owner();
  await page.addInitScript(observeShifts);
  await until('most of it', async () => (await world.api('GET', `/api/v1/sessions/${session}`)).usage.steps >= WATCHED_FROM, LONG);
  await page.goto(`/sessions/${session}`);
  await page.getByText('That was all.').waitFor({ timeout: LONG });
  await shows(page, 'Completed');
  const shift = await page.evaluate(() => globalThis.shift);
  assert.ok(shift <= MOST_SHIFT, `the layout moved by ${shift}`);
  const events = (await world.events(session)).length;
  assert.ok(events >= 10_000, `${events} events`);

  // And from its beginning.
  await page.reload();
  await page.getByText('That was all.').waitFor();
  const elements = () => page.evaluate(() => document.querySelectorAll('*').length);
  assert.ok((await elements()) <= MOST_ELEMENTS, `${await elements()} elements`);
  const list = page.getByRole('region', { name: 'Conversation' });
  await list.focus();
  await until('the first entry', async () => {
    await page.keyboard.press('Home');
    return page.getByText('look around', { exact: true }).first().isVisible();
  });
  assert.ok((await elements()) <= MOST_ELEMENTS, `${await elements()} elements`);
  const frames = await page.evaluate(async () => {
    const box = document.querySelector('.entries');
    const times = [];
    let last = performance.now();
    for (let n = 0; n < 120; n += 1) {
      box.scrollTop += 400;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b);
  });
  t.diagnostic(`${events} events; frames while scrolling: p50 ${frames[60].toFixed(1)} ms, p99 ${frames[118].toFixed(1)} ms; layout shift ${shift.toFixed(4)}`);
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByText(`Event ${events} of ${events}`).waitFor();
  await page.getByRole('button', { name: 'First event' }).click();
  await page.getByText(`Event 1 of ${events}`).waitFor();
  assert.ok((await elements()) <= MOST_ELEMENTS, `${await elements()} elements`);
  world.quiet();
});
