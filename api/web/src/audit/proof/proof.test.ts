import fs from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventItem } from '../../kernel/live/event';
import { base64, type Bytes, concat, fromHex, hex, u64, utf8 } from './bytes';
import { sha256, signed } from './digest';
import { contentHash, disagreement, type EventProof, leafEntry, micros } from './evidence';
import { remember, remembered, type Seen } from './memory';
import { readCheckpoint, readNote, signers, verifierKey } from './note';
import { extendsTree, leafHash, rootOf } from './tree';

/** The same vectors that hold the server's own code (`the_bytes_are_frozen` in `eventstore/src/seal/tests.rs`). */
const frozen = JSON.parse(fs.readFileSync('../../eventstore/tests/golden/seal.json', 'utf8')) as Record<'content_hash' | 'entry' | 'leaf' | 'root_of_five' | 'verifier' | 'note', string> & { path_of_third: string[] };
const id = (n: number) => `00000000-0000-0000-0000-${n.toString(16).padStart(12, '0')}`;
const item: EventItem = {
  position: 3, tenant_position: 2, event_id: id(1), stream: `agent_session-${id(2)}`, stream_version: 1, type: 'agent_session.requested', version: 1,
  time: '2025-11-25T02:18:53.123456Z', actor: { kind: 'user', id: id(5), name: 'Ada' }, team_id: id(3), project_id: id(4),
  command_id: id(6), correlation_id: id(7), causation_id: null, data: { a: 1, b: '\0' },
};
const proof: EventProof = { epoch: '0199f3a0-c8f0-7d6e-8f3f-1b2a4c5d6e7f', tenant: id(3), actor_name: '', client_address: 'ünï', payload: '{"a":1,"b":"\\u0000"}' };
const content = async (of = item, by = proof) => hex((await contentHash(of, by)) ?? new Uint8Array());

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

/** With the browser's own cryptography, and without any of it. */
describe.each([['the browser’s'], ['the library’s']])('by %s hand', (whose) => {
  const prepare = () => {
    if (whose === 'the library’s') vi.stubGlobal('crypto', {});
  };

  it('makes the frozen leaf', async () => {
    prepare();
    expect(await content()).toBe(frozen.content_hash);
    const entry = leafEntry(fromHex(frozen.content_hash), item);
    expect(entry && hex(entry)).toBe(frozen.entry);
    expect(hex(await leafHash(fromHex(frozen.entry)))).toBe(frozen.leaf);
  });

  it('accepts the frozen checkpoint and no other', async () => {
    prepare();
    const key = await verifierKey(frozen.verifier);
    const note = readNote(frozen.note);
    if (!key || !note) throw new Error('they are read');
    expect(await signers(note, [key])).toEqual({ good: [key], forged: null });
    expect(readCheckpoint(note)).toMatchObject({ size: 3, epoch: proof.epoch.replaceAll('-', ''), nextKey: null });
    expect((await signers({ ...note, text: note.text.replace('\n3\n', '\n4\n') }, [key])).forged).toBe(key);
    expect(await verifierKey(frozen.verifier.replace('+5f8c1ccf+', '+5f8c1cce+'))).toBeNull();
    for (const broken of [frozen.note.replace('\n\n', '\n'), frozen.note.trimEnd(), '']) expect(readNote(broken)).toBeNull();
    expect(readCheckpoint({ ...note, text: note.text.replace('\n3\n', '\n03\n') })).toBeNull();
    expect(await signed(key.key, new Uint8Array(64), utf8(note.text))).toBe(false);
  });
});

it('hashes every field', async () => {
  const changed = await Promise.all([
    ...Object.entries({ stream: 'x', stream_version: 2, type: 'x', version: 2, event_id: id(9), command_id: id(9), correlation_id: id(9), causation_id: id(9), project_id: null, actor: { ...item.actor, id: 'x' } }).map(([name, value]) => content({ ...item, [name]: value })),
    ...Object.entries({ epoch: id(9), tenant: 'x', actor_name: 'x', client_address: null, payload: '{}' }).map(([name, value]) => content(item, { ...proof, [name]: value })),
  ]);
  expect(new Set([...changed, frozen.content_hash]).size).toBe(changed.length + 1);
});

it('refuses what is shown beside what was hashed', () => {
  expect(disagreement(item, proof)).toBeNull();
  expect(disagreement({ ...item, data: { a: 2, b: '\0' } }, proof)).toBe('data');
  expect(disagreement({ ...item, data: { a: 1 } }, proof)).toBe('data');
  expect(disagreement({ ...item, team_id: id(8) }, proof)).toBe('team');
  expect(disagreement(item, { ...proof, actor_name: 'agent' })).toBe('name');
  const sealed = { ...proof, payload: '{"a":{"$p":"c2VhbGVk"},"b":[1]}' };
  expect(disagreement({ ...item, data: { a: 'opened', b: [1] } }, sealed)).toBeNull();
  expect(disagreement({ ...item, data: { a: 'opened', b: [1, 2] } }, sealed)).toBe('data');
});

it('reads times to the microsecond', () => {
  expect(micros('2025-11-25T02:18:53.123456Z')).toBe(1_764_037_133_123_456n);
  expect(micros('1969-12-31T23:59:59.999999Z')).toBe(-1n);
  expect(micros('yesterday')).toBeNull();
});

/** The tree by its definition (RFC 6962, section 2.1), to hold the proofs against. */
async function root(leaves: readonly Bytes[]): Promise<Bytes> {
  if (leaves.length === 1) return leaves[0] as Bytes;
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return sha256(concat(new Uint8Array([1]), await root(leaves.slice(0, split)), await root(leaves.slice(split))));
}

async function inclusion(at: number, leaves: readonly Bytes[]): Promise<Bytes[]> {
  if (leaves.length === 1) return [];
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return at < split ? [...(await inclusion(at, left)), await root(right)] : [...(await inclusion(at - split, right)), await root(left)];
}

async function consistency(old: number, leaves: readonly Bytes[], whole = true): Promise<Bytes[]> {
  if (old === leaves.length) return whole ? [] : [await root(leaves)];
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return old <= split ? [...(await consistency(old, left, whole)), await root(right)] : [...(await consistency(old - split, right, false)), await root(left)];
}

it('follows every proof of every tree up to 18 leaves, and no other', async () => {
  const leaves = await Promise.all(Array.from({ length: 18 }, (_, n) => leafHash(u64(n))));
  const other = new Uint8Array(32);
  for (let size = 1; size <= leaves.length; size++) {
    const tree = leaves.slice(0, size);
    const top = await root(tree);
    for (let at = 0; at < size; at++) {
      const leaf = leaves[at] as Bytes;
      const path = await inclusion(at, tree);
      expect(await rootOf(size, at, leaf, path)).toEqual(top);
      expect(await rootOf(size, at, other, path)).not.toEqual(top);
      expect(await rootOf(size, at, leaf, [...path, other])).toBeNull();
      const old = at + 1;
      const begin = await root(tree.slice(0, old));
      const way = await consistency(old, tree);
      expect(await extendsTree(begin, old, top, size, way)).toBe(true);
      expect(await extendsTree(other, old, top, size, way)).toBe(false);
      expect(await extendsTree(begin, old, other, size, way)).toBe(false);
      expect(old < size && (await extendsTree(begin, old, top, size, way.slice(1)))).toBe(false);
    }
  }
  expect(await extendsTree(await root(leaves), 18, await root(leaves.slice(0, 3)), 3, [])).toBe(false);
});

it('remembers few checkpoints, the first and the newest among them', () => {
  const seen: Seen[] = Array.from({ length: 500 }, (_, n) => ({ size: n + 1, root: '', epoch: '', sealed: 0, verified: 0 }));
  expect(remembered()).toBeNull();
  for (const one of seen) remember({ origin: 'o', keys: ['k'], since: 0, seen: [...(remembered()?.seen ?? []), one] });
  const sizes = remembered()?.seen.map(({ size }) => size) ?? [];
  expect([sizes.length, sizes[0], sizes.at(-1)]).toEqual([24, 1, 500]);
  expect(sizes.at(-2)).toBeGreaterThan(490);
  localStorage.setItem('opensail.audit.seal', 'not JSON');
  expect(remembered()).toBeNull();
});

it('takes base64 only as it would be written', () => {
  expect(base64('AQ==')).toEqual(new Uint8Array([1]));
  for (const text of ['AR==', 'AQ', '*', 'A Q==']) expect(base64(text)).toBeNull();
});
