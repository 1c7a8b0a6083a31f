// Somebody is let in by a link: with a new account, or with the one they have.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look } from './eyes.mjs';
import { PASSWORD, World } from './world.mjs';

test('a link lets one person in, once, and can be taken back', async (t) => {
  const world = await World.start(t, { OPENSAIL_REGISTRATION: 'invite' });
  const faults = [];
  const { page } = await world.owner();
  await page.goto('/team');
  const invite = async (email) => {
    const form = page.getByRole('form', { name: 'Invite' });
    if (email) await form.getByLabel('Only for this email').fill(email);
    const before = await page.getByRole('region', { name: 'Link of the invitation' }).textContent({ timeout: 1 }).catch(() => '');
    await form.getByRole('button', { name: 'Invite' }).click();
    const link = page.getByRole('region', { name: 'Link of the invitation' }).filter({ hasText: /\/join#/, ...(before ? { hasNotText: before } : {}) });
    await link.waitFor();
    return link.textContent();
  };
  const link = await invite('ben@example.org');
  await page.getByRole('listitem').filter({ hasText: 'ben@example.org' }).waitFor();
  await look(page, 'invitations', faults);

  // Without an account, by keyboard alone.
  const ben = await (await world.person()).newPage();
  await ben.goto(link);
  await ben.getByText('You are invited.').waitFor();
  assert.ok(!ben.url().includes('#'), 'the secret leaves the address');
  await look(ben, 'join', faults);
  await ben.getByLabel('Your name').focus();
  await ben.keyboard.type('Ben');
  await ben.keyboard.press('Tab');
  await ben.keyboard.type('ben@example.org');
  await ben.keyboard.press('Tab');
  await ben.keyboard.type('short');
  await ben.keyboard.press('Enter');
  await ben.locator('.hint.bad').waitFor();
  await ben.getByLabel('Password').fill(PASSWORD);
  await ben.keyboard.press('Enter');
  await ben.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'Ben' }).first().waitFor();
  // It can be used once: the page of who invited hears of it in a moment.
  await page.getByRole('listitem').filter({ hasText: 'Take back' }).waitFor({ state: 'detached' });

  // With an account, into another team.
  const { id } = await world.api('POST', '/api/v1/teams', { name: 'Harbour' });
  await page.goto('/team');
  await page.getByRole('button', { name: 'Personal' }).click();
  await page.getByRole('menuitemradio', { name: 'Harbour' }).click();
  await page.waitForURL(/\/projects$/);
  await page.goto('/team');
  await page.getByRole('heading', { name: 'Harbour', level: 1 }).waitFor();
  const second = await invite();
  await ben.goto(second);
  await ben.getByText('You are signed in as Ben.').waitFor();
  await look(ben, 'join-signed-in', faults);
  await ben.getByRole('button', { name: 'Join the team' }).click();
  await ben.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
  await ben.getByRole('button', { name: 'Harbour' }).waitFor();
  assert.equal((await world.api('GET', `/api/v1/teams/${id}/members`)).items.length, 2);

  // Taken back, it lets nobody in.
  const third = await invite();
  await page.getByRole('button', { name: /^Take back/ }).click();
  await page.getByRole('button', { name: /^Take back/ }).waitFor({ state: 'detached' });
  const carol = await (await world.person()).newPage();
  await carol.goto(third);
  await carol.getByLabel('Your name').fill('Carol');
  await carol.getByLabel('Email').fill('carol@example.org');
  await carol.getByLabel('Password').fill(PASSWORD);
  await carol.getByRole('button', { name: 'Make the account and join' }).click();
  await carol.getByRole('alert').getByText(/this invitation was used or withdrawn/i).waitFor();
  await carol.goto('/join');
  await carol.getByText('The link is not whole.').waitFor();
  assert.deepEqual(faults, []);
  world.quiet();
});
