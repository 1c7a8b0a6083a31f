// Looks at a page in both themes and at two widths: nothing that keeps people out (WCAG 2.2 AA by axe), nothing wider than the window, and a
// picture of each for eyes to judge.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PICTURES } from './world.mjs';

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

/** Adds what is wrong with the page to `faults`. */
export async function look(page, name, faults) {
  fs.mkdirSync(PICTURES, { recursive: true });
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
