// The audit's page verifies what the server says by itself, and tells each way of being deceived from the others.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { test } from 'node:test';
import { look } from './eyes.mjs';
import { say, until, World, write } from './world.mjs';

const CHECKPOINT = /\/api\/v1\/audit\/checkpoint/;
const PROOF = /\/api\/v1\/audit\/proof/;
const EVENTS = /\/api\/v1\/audit\/events/;

/** Whoever sits between the server and the page: every answer of an address, changed. */
async function between(page, address, change) {
  await page.route(address, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: (await change(body, new URL(route.request().url()))) ?? body });
  });
}

/** Nobody between any more. */
const alone = (page) => page.unrouteAll({ behavior: 'wait' });

/** The text with one character changed, still base64. */
const bent = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

/** Somebody in the server's place with a key of their own: signs checkpoints under the name that they bear. */
function impostor() {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const kind = Buffer.concat([Buffer.from([1]), raw]);
  return (body, change = (text) => text) => {
    const text = change(body.note.slice(0, body.note.lastIndexOf('\n\n') + 1));
    const name = text.split('\n')[0];
    const id = crypto.createHash('sha256').update(`${name}\n`).update(kind).digest().subarray(0, 4);
    const signature = Buffer.concat([id, crypto.sign(null, Buffer.from(text), privateKey)]);
    return { ...body, note: `${text}\n— ${name} ${signature.toString('base64')}\n`, keys: [`${name}+${id.toString('hex')}+${kind.toString('base64')}`] };
  };
}

/** The id of the first key that came with a checkpoint. */
const keyId = ({ keys: [key] }) => key.split('+')[1];

const seal = (page) => page.getByRole('region', { name: 'Seal', exact: true });
const alarm = (page) => seal(page).getByRole('alert');

async function place(t) {
  const world = await World.start(t);
  const { id } = await world.project('boat');
  const session = await world.session(id, { task: 'paint the hull', model: world.script(write('hull.txt', 'red\n'), say('Painted.')), edit_mode: 'allow' });
  await world.status(session, 'completed');
  const { page } = await world.owner();
  await page.goto('/audit');
  await seal(page).getByText(/^Verified up to position \d+, sealed at/).waitFor();
  return { world, page, project: id };
}

test('the journal and its events are proven by the browser', async (t) => {
  const { world, page, project } = await place(t);
  const faults = [];
  await seal(page).getByText('This browser had not seen this journal before').waitFor();
  const { keys } = await world.api('GET', '/api/v1/audit/checkpoint');
  await seal(page).getByText('Key and checkpoint').click();
  await seal(page).getByText(keys[0]).waitFor();
  await look(page, 'seal', faults);
  await page.getByRole('button', { name: 'Verify the events below' }).click();
  await page.getByText(/^\d+ events proven to be in the sealed journal/).waitFor();
  assert.equal(await page.getByText('not proven').count(), 0);
  await look(page, 'seal-list', faults);

  // Later the journal is longer, and begins as it did. By keyboard alone.
  await world.api('PATCH', `/api/v1/projects/${project}`, { name: 'ship' });
  await page.reload();
  await seal(page).getByText(/the journal still begins with the \d+ positions that this browser verified/).waitFor();
  await page.getByRole('button', { name: /project.renamed/ }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const verify = dialog.getByRole('button', { name: 'Verify this event' });
  await until('the button by Tab', async () => {
    await page.keyboard.press('Tab');
    return verify.evaluate((button) => button === document.activeElement);
  });
  await page.keyboard.press('Enter');
  await dialog.getByText(/^Proven at .*: this is the event that was sealed at position \d+/).waitFor();
  const steps = dialog.getByRole('region', { name: 'Proof of this event' }).getByRole('listitem');
  assert.deepEqual(await steps.evaluateAll((items) => items.map((item) => item.textContent.includes(': holds'))), [true, true, true, true, true]);
  await dialog.getByText(/^Root of the tree, from the leaf by a proof of/).scrollIntoViewIfNeeded();
  await look(page, 'seal-event', faults);

  // That somebody looked is an event too, and one however often.
  await page.keyboard.press('Escape');
  await page.goto('/audit?type=team.audit_read');
  await page.getByRole('button', { name: /team.audit_read/ }).first().waitFor();
  assert.ok((await page.getByRole('button', { name: /team.audit_read/ }).count()) <= 5);
  assert.deepEqual(faults, []);
  world.quiet();
});

test('an event that was altered, shown otherwise, or proven wrongly is told as just that', async (t) => {
  const { world, page } = await place(t);
  const faults = [];
  const dialog = page.getByRole('dialog');
  const verified = async () => {
    await page.goto('/audit?type=project.created');
    await seal(page).getByText(/^Verified up to position/).waitFor();
    await page.getByRole('button', { name: /project.created/ }).click();
    await dialog.getByRole('button', { name: 'Verify this event' }).click();
    return dialog.getByRole('alert');
  };
  const at = (await world.api('GET', '/api/v1/audit/events?type=project.created')).items[0].position;

  // One byte of what was written: the same in what is shown and in what is said to have been hashed.
  const alter = (item) => {
    item.data.name = 'coat';
    if (item.proof) item.proof.payload = item.proof.payload.replace('"boat"', '"coat"');
  };
  await between(page, EVENTS, ({ items }) => items.forEach(alter));
  await between(page, PROOF, ({ event }) => event && alter(event));
  let told = await verified();
  await told.getByRole('heading', { name: 'The event was altered' }).waitFor();
  await told.getByText(`First bad position: ${at}.`).waitFor();
  await told.getByText('opensail audit verify').first().waitFor();
  const state = await dialog.getByRole('listitem').evaluateAll((items) => items.slice(0, 5).map((item) => /: (holds|does not hold|not reached)/.exec(item.textContent)?.[1]));
  assert.deepEqual(state, ['holds', 'holds', 'does not hold', 'holds', 'holds']);
  await look(page, 'seal-altered', faults);
  await alone(page);

  // Only what is shown.
  await between(page, EVENTS, ({ items }) => items.forEach((item) => (item.data.name = 'coat')));
  told = await verified();
  await told.getByRole('heading', { name: 'What is shown is not what was written' }).waitFor();
  await alone(page);

  // A field that stands in the leaf and not in the payload.
  await between(page, EVENTS, ({ items }) => items.forEach((item) => (item.time = item.time.replace(/\d(?=Z$)/, (digit) => String((Number(digit) + 1) % 10)))));
  told = await verified();
  await told.getByRole('heading', { name: 'The event was altered' }).waitFor();
  await alone(page);

  // One hash of the proof.
  await between(page, PROOF, (body) => body.event && (body.path[0] = bent(body.path[0], 3), body));
  told = await verified();
  await told.getByRole('heading', { name: 'The proof leads elsewhere' }).waitFor();
  await told.getByText(`First bad position: ${at}.`).waitFor();
  // In the list too, by its first bad position.
  await page.keyboard.press('Escape');
  await page.goto('/audit');
  await page.getByRole('button', { name: 'Verify the events below' }).click();
  await page.getByText(/events do not hold, the first at position \d+\. Open it to see why\./).waitFor();
  await alone(page);
  assert.deepEqual(faults, []);
  world.quiet();
});

test('a checkpoint that is none or forged, another key or journal, one rolled back, restored or written anew are each explained', async (t) => {
  const { world, page, project } = await place(t);
  const faults = [];
  const early = await world.api('GET', '/api/v1/audit/checkpoint');
  await world.api('PATCH', `/api/v1/projects/${project}`, { name: 'ship' });
  const { position } = await world.api('PATCH', `/api/v1/projects/${project}`, { name: 'raft' });
  const late = await world.api('GET', `/api/v1/audit/checkpoint?min_position=${position}`);
  assert.ok(late.size > early.size);
  await page.reload();
  await seal(page).getByText(/the journal still begins with/).waitFor();

  // One byte of the signed text, and one of the signature.
  for (const change of [(note) => note.replace(/^(.*\n)(\d+)\n/, '$10$2\n').replace(/\n0/, '\n9'), (note) => bent(note, note.lastIndexOf(' ') + 20)]) {
    await between(page, CHECKPOINT, (body) => ({ ...body, note: change(body.note) }));
    await page.reload();
    await alarm(page).getByRole('heading', { name: 'The signature does not hold' }).waitFor();
    await alarm(page).getByText(/^Nothing from position 1 to \d+ is proven by it\./).waitFor();
    await alone(page);
  }

  // No checkpoint at all: cut off before its signature, and a text of somebody else.
  for (const note of [early.note.split('\n\n')[0], 'Welcome to this network.\n']) {
    await between(page, CHECKPOINT, (body) => ({ ...body, note }));
    await page.reload();
    await alarm(page).getByRole('heading', { name: 'The checkpoint cannot be read' }).waitFor();
    await alarm(page).getByText('Nothing is proven by it.').waitFor();
    await alone(page);
  }

  // Another journal, which is signed as it should be.
  const sign = impostor();
  let other;
  await between(page, CHECKPOINT, (body) => (other = sign(body, (text) => text.replace(/^.*/, `opensail.journal/${'0'.repeat(32)}`))));
  await page.reload();
  await alarm(page).getByRole('heading', { name: 'This is another journal' }).waitFor();
  await alarm(page).getByText(`Remembered: key ${keyId(late)}. What came is signed by: ${keyId(other)}.`).waitFor();
  await alone(page);

  // Somebody's own key.
  await between(page, CHECKPOINT, (body) => sign(body));
  await page.reload();
  await alarm(page).getByRole('heading', { name: 'The checkpoint is signed by another key' }).waitFor();
  await alarm(page).getByText(`Remembered: key ${keyId(late)}.`).waitFor();
  await look(page, 'seal-key', faults);
  // An event is not proven by it either.
  await page.getByRole('button', { name: /project.renamed/ }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Verify this event' }).click();
  await page.getByRole('dialog').getByRole('heading', { name: 'The checkpoint is signed by another key' }).waitFor();
  await page.keyboard.press('Escape');
  await alone(page);

  // An older state in the newer one's place; the page has not forgotten the newer one meanwhile.
  await between(page, CHECKPOINT, () => early);
  await page.reload();
  await alarm(page).getByRole('heading', { name: 'The journal was rolled back' }).waitFor();
  await alarm(page).getByText(new RegExp(`First bad position: ${early.size + 1}\\. Positions ${early.size + 1} to \\d+ are gone\\.`)).waitFor();
  await look(page, 'seal-rolled-back', faults);
  await alone(page);

  // A proof that does not lead from what was seen to what is signed now.
  await world.api('PATCH', `/api/v1/projects/${project}`, { name: 'kayak' });
  await between(page, PROOF, (body, url) => url.searchParams.has('from') && body.path.length > 0 && { ...body, path: body.path.map((hash) => bent(hash, 5)) });
  await page.reload();
  await alarm(page).getByRole('heading', { name: 'The past was written anew' }).waitFor();
  await alarm(page).getByText(/^First bad position: one from \d+ to \d+\./).waitFor();
  await alone(page);

  // Nobody between: all is well again. Begun anew it believes what comes, even a stranger's key, and says so.
  await page.getByRole('button', { name: 'Check again' }).click();
  await seal(page).getByText(/^Verified up to position/).waitFor();
  await between(page, CHECKPOINT, (body) => sign(body));
  await page.reload();
  await seal(page).getByRole('button', { name: 'Begin anew …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Begin anew' }).click();
  await seal(page).getByText('This browser had not seen this journal before').waitFor();
  await alone(page);

  // Half of what was seen, in a new epoch: a backup was put back, and whoever has the key says so.
  const half = (text) => text.replace(/^(.*\n)(\d+)\n/, (_, name, size) => `${name}${Math.floor(size / 2)}\n`).replace(/\nepoch .*\n/, `\nepoch ${'0'.repeat(32)}\n`);
  await between(page, CHECKPOINT, (body) => sign(body, half));
  await page.reload();
  await alarm(page).getByRole('heading', { name: 'The journal was restored from a backup' }).waitFor();
  await alarm(page).getByText(/^First bad position: (\d+)\. Positions \1 to \d+ are gone\./).waitFor();
  await alone(page);
  assert.deepEqual(faults, []);
  world.quiet();
});

test('a key that the old one announces is followed; who was away meanwhile asks a person', async (t) => {
  const { world, page, project } = await place(t);
  const other = await (await world.person({ storageState: await page.context().storageState() })).newPage();
  await other.goto('/audit');
  await seal(other).getByText(/^Verified up to position/).waitFor();
  const [old] = (await world.api('GET', '/api/v1/audit/checkpoint')).keys;
  await world.cli('audit', 'rotate-key');
  const announced = await until('a checkpoint of both keys', async () => {
    const { note, keys } = await world.api('GET', '/api/v1/audit/checkpoint');
    return note.includes('\nkey ') && keys;
  });
  const id = (key) => key.split('+')[1];
  const fresh = announced.find((key) => key !== old);
  await page.reload();
  await seal(page).getByText(/^Verified up to position/).waitFor();
  const { position } = await world.api('PATCH', `/api/v1/projects/${project}`, { name: 'ship' });
  await world.api('GET', `/api/v1/audit/checkpoint?min_position=${position}`);
  await page.reload();
  await seal(page).getByText(`the signature of key ${id(fresh)} holds`).waitFor();
  await other.reload();
  await alarm(other).getByText(`Remembered: key ${id(old)}. What came is signed by: ${id(fresh)}.`).waitFor();
  world.quiet();
});
