// Every page in both themes and at two widths: nothing that keeps people out (WCAG 2.2 AA by axe), nothing wider than the window, and a
// picture of each for eyes to judge.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { PICTURES, question, shows, until, World } from './world.mjs';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WIDTHS = [1280, 400];
const THEMES = ['light', 'dark'];

/** Waits for what is still moving, so that neither a picture nor a contrast is taken half-way. */
async function settled(page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all(document.getAnimations().filter((animation) => animation.effect?.getTiming().iterations !== Infinity).map((animation) => animation.finished.catch(() => null)));
  });
}

async function look(page, name, faults) {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await settled(page);
      const where = `${name} ${theme} ${width}`;
      await page.screenshot({ path: path.join(PICTURES, `${name}-${theme}-${width}.png`) });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
      for (const { id, nodes } of violations) faults.push(`${where}: ${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary.split('\n').at(-1).trim()})`).join('; ')}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) faults.push(`${where}: ${wide} px wider than the window`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('every page can be used by everybody, in both themes, wide and narrow', async (t) => {
  fs.rmSync(PICTURES, { recursive: true, force: true });
  fs.mkdirSync(PICTURES, { recursive: true });
  const world = await World.start(t);
  const faults = [];
  const stranger = await (await world.person()).newPage();
  await stranger.goto('/sign-in');
  await stranger.getByRole('heading', { name: 'Sign in to OpenSail' }).waitFor();
  await look(stranger, 'sign-in', faults);

  const { page } = await world.owner();
  await page.getByText('No projects yet').waitFor();
  await look(page, 'first-run', faults);
  await page.getByRole('button', { name: 'New project' }).first().click();
  await page.getByRole('dialog').getByRole('radio', { name: 'Git' }).check();
  await look(page, 'new-project', faults);
  await page.keyboard.press('Escape');

  const { id, folder } = await world.project('boat');
  fs.writeFileSync(path.join(folder, 'README.md'), '# A boat\n\nIt floats.\n');
  await page.getByRole('link', { name: /boat/ }).waitFor();
  await look(page, 'projects', faults);
  await page.goto(`/projects/${id}`);
  await page.getByText('No sessions yet').waitFor();
  await look(page, 'project', faults);

  await page.getByRole('button', { name: 'Start the tour' }).click();
  await question(page, 'write_file').first().waitFor();
  await look(page, 'session-question', faults);
  const session = page.url().split('/').at(-1);
  await page.goto('/approvals');
  await page.getByText('Allow write_file?').waitFor();
  await look(page, 'approvals', faults);
  await page.goto(`/sessions/${session}`);
  await until('the end of the tour', async () => {
    const [open] = (await world.api('GET', '/api/v1/approvals')).items;
    if (open) await world.api('POST', `/api/v1/sessions/${session}/approvals/${open.id}`, { decision: 'allow_session' }).catch(() => null);
    return (await world.api('GET', `/api/v1/sessions/${session}`)).status === 'completed';
  });
  await shows(page, 'Completed');
  await look(page, 'session-done', faults);
  await page.getByRole('link', { name: 'Changes' }).click();
  await page.locator('.diff').first().waitFor();
  await look(page, 'changes', faults);
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByRole('slider').waitFor();
  await look(page, 'history', faults);

  await page.goto(`/projects/${id}`);
  await page.getByRole('link', { name: /Show me around/ }).waitFor();
  await look(page, 'project-sessions', faults);
  await page.goto(`/projects/${id}/files`);
  await page.getByText('README.md').first().waitFor();
  await look(page, 'files', faults);
  await page.goto(`/projects/${id}/files/README.md`);
  await page.locator('.cm-content').waitFor();
  await page.getByText(/No event of this project wrote it/).waitFor();
  await look(page, 'file', faults);
  await page.locator('.cm-content').click();
  await page.keyboard.type('Mine. ');
  fs.writeFileSync(path.join(folder, 'README.md'), '# A boat\n\nIt sinks.\n');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Somebody changed this file meanwhile').waitFor();
  await look(page, 'conflict', faults);
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`/projects/${id}/settings`);
  await page.getByRole('button', { name: /Delete project/ }).waitFor();
  await look(page, 'project-settings', faults);
  await page.goto('/team');
  await page.getByRole('form', { name: 'Add member' }).waitFor();
  await look(page, 'team', faults);
  await page.goto('/audit');
  await page.getByRole('button', { name: /agent_session/ }).first().waitFor();
  await look(page, 'audit', faults);
  await page.getByRole('button', { name: /approval_answered/ }).first().click();
  await page.getByRole('dialog').waitFor();
  await look(page, 'audit-event', faults);
  await page.goto('/replay');
  await page.getByLabel('Choose a file').waitFor();
  await look(page, 'replay', faults);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await look(page, 'palette', faults);
  await page.goto('/model');
  await page.getByRole('button', { name: 'Use this model' }).waitFor();
  await look(page, 'model', faults);
  const nowhere = await page.goto('/nowhere');
  assert.equal(nowhere.status(), 404);
  await page.getByText('There is nothing here').waitFor();
  await look(page, 'nowhere', faults);
  t.diagnostic(`pictures of every page: ${PICTURES}`);
  assert.deepEqual(faults, []);
  world.quiet();
});
