/** The checks themselves, made by this browser of what the server says. */
import { get, type Schema } from '../../kernel/api/client';
import type { EventItem } from '../../kernel/live/event';
import { base64, type Bytes, equal, hex } from './bytes';
import { contentHash, disagreement, type EventProof, holdsPrivate, leafEntry } from './evidence';
import { type Memory, remember, remembered, type Seen } from './memory';
import { type Checkpoint, readCheckpoint, readNote, signers, type VerifierKey, verifierKey } from './note';
import { extendsTree, leafHash, rootOf } from './tree';

/** What did not hold. */
export type Fault =
  /** The checkpoint is no checkpoint. */
  | 'unreadable'
  /** It bears the name of a key that is believed, and the signature is not that key's. */
  | 'forged'
  /** It is signed by another key than the one this browser remembers. */
  | 'key'
  /** It is of another journal than the one this browser remembers. */
  | 'journal'
  /** It ends before what this browser has seen. */
  | 'rolled-back'
  /** The same, and the journal says that it was restored. */
  | 'restored'
  /** It does not continue what this browser has seen. */
  | 'rewritten'
  /** What is shown of the event is not what was hashed. */
  | 'shown'
  /** The event is not what the server says was sealed. */
  | 'event'
  /** The proof does not lead to the signed root. */
  | 'proof';

export class NotProven extends Error {
  constructor(
    readonly fault: Fault,
    /** Positions before which everything still agrees with what this browser saw, and the first that may be bad. */
    readonly first: number,
    /** The last that may be bad. */
    readonly last: number,
    /** Ids of the keys: what was remembered, what came. */
    readonly keys: { known: readonly string[]; came: readonly string[] } = { known: [], came: [] },
  ) {
    super(fault);
  }
}

/** A checkpoint that holds. */
export interface Head {
  checkpoint: Checkpoint;
  key: VerifierKey;
  /** The checkpoint before, that it was held against. */
  before: Seen | null;
  /** The key was believed just now, for want of one to remember. */
  believed: boolean;
  since: number;
  /** Milliseconds since 1970: when this browser was done. */
  at: number;
  /** False: this browser keeps nothing, so the next check begins anew. */
  kept: boolean;
}

/** Fetches the newest checkpoint that covers a position and holds it against key and memory; remembers it when it holds. */
export async function checkHead(position = 1): Promise<Head> {
  const answer = await get<Schema['Checkpoint']>(`/api/v1/audit/checkpoint?min_position=${position}`);
  const memory = remembered();
  const { checkpoint, keys } = await opened(answer, memory);
  const before = memory?.seen.at(-1) ?? null;
  if (memory) await continues(checkpoint, memory.seen);
  const now = Date.now();
  const seen: Seen = { size: checkpoint.size, root: btoa(String.fromCharCode(...checkpoint.root)), epoch: checkpoint.epoch, sealed: checkpoint.time, verified: now };
  const since = memory?.since ?? now;
  const older = (memory?.seen ?? []).filter(({ size }) => size < seen.size);
  const kept = remember({ origin: checkpoint.origin, keys: [...new Set([...(memory?.keys ?? []), ...keys.map(({ text }) => text)])], since, seen: [...older, seen] });
  const key = keys.at(-1);
  if (!key) throw new NotProven('unreadable', 1, checkpoint.size);
  return { checkpoint, key, before, believed: memory === null, since, at: now, kept };
}

/** The checkpoint, and which believed keys signed it. */
async function opened({ note, keys: shown }: Schema['Checkpoint'], memory: Memory | null): Promise<{ checkpoint: Checkpoint; keys: VerifierKey[] }> {
  const read = readNote(note);
  const checkpoint = read && readCheckpoint(read);
  if (!read || !checkpoint) throw new NotProven('unreadable', 1, 0);
  const texts = memory?.keys ?? shown;
  const trusted = (await Promise.all(texts.map(verifierKey))).filter((key) => key !== null);
  const { good, forged } = await signers(read, trusted);
  const known = trusted.map(({ id }) => id);
  const came = read.signatures.map(({ id }) => id);
  if (forged) throw new NotProven('forged', 1, checkpoint.size, { known: [forged.id], came });
  if (good.length === 0) {
    const other = memory !== null && memory.origin !== checkpoint.origin;
    throw new NotProven(other ? 'journal' : memory ? 'key' : 'forged', 1, checkpoint.size, { known, came });
  }
  // Signed by a key that is believed, so what it names is as well.
  const next = checkpoint.nextKey === null ? null : await verifierKey(checkpoint.nextKey);
  return { checkpoint, keys: next && !good.some(({ text }) => text === next.text) ? [...good, next] : good };
}

/** Throws where the checkpoint's journal does not begin with what was seen; says from which position on that may be. */
async function continues(checkpoint: Checkpoint, seen: readonly Seen[]): Promise<void> {
  const newest = seen.at(-1);
  if (!newest) return;
  if (checkpoint.size < newest.size) {
    const restored = checkpoint.epoch !== newest.epoch;
    throw new NotProven(restored ? 'restored' : 'rolled-back', checkpoint.size + 1, newest.size);
  }
  if (await begins(newest, checkpoint)) return;
  const agreeing = await last(seen.slice(0, -1), (older) => begins(older, checkpoint));
  throw new NotProven('rewritten', (agreeing?.size ?? 0) + 1, newest.size);
}

async function begins(seen: Seen, checkpoint: Checkpoint): Promise<boolean> {
  const root = base64(seen.root);
  if (!root) return false;
  if (seen.size === checkpoint.size) return equal(root, checkpoint.root);
  const { path } = await get<Schema['Proof']>(`/api/v1/audit/proof?from=${seen.size}&size=${checkpoint.size}`);
  const hashes = path.map(base64);
  return hashes.every((hash) => hash !== null) && extendsTree(root, seen.size, checkpoint.root, checkpoint.size, hashes);
}

async function last<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<T | undefined> {
  for (const one of [...all].reverse()) if (await holds(one)) return one;
  return undefined;
}

/** What was computed on the way; what is missing was not reached. */
export interface Steps {
  content?: string;
  leaf?: string;
  root?: string;
  /** Hashes between leaf and root. */
  length?: number;
  /** Some fields are sealed: they are proven as they are stored. */
  privately?: boolean;
}

/** Whether the event, as it is shown, is the one that was sealed at its position. Tells each step as it is done. */
export async function checkEvent(item: EventItem, head: Head, tell: (steps: Steps) => void): Promise<void> {
  const { position } = item;
  const { size, root } = head.checkpoint;
  const bad = (fault: Fault) => new NotProven(fault, position, position);
  const answer = await get<Schema['Proof']>(`/api/v1/audit/proof?position=${position}&size=${size}`);
  const proof = (answer.event as { proof?: EventProof } | undefined)?.proof;
  const path = answer.path.map(base64);
  if (!proof || !path.every((hash) => hash !== null)) throw bad('proof');
  let steps: Steps = { privately: holdsPrivate(parsed(proof.payload)) };
  const add = (more: Steps) => tell((steps = { ...steps, ...more }));
  if (disagreement(item, proof)) throw bad('shown');
  const content = await contentHash(item, proof);
  const entry = content && leafEntry(content, item);
  if (!content || !entry) throw bad('event');
  add({ content: hex(content) });
  const leaf = await leafHash(entry);
  const told = base64(answer.leaf ?? '');
  add({ leaf: hex(leaf) });
  const reached = await rootOf(size, position - 1, leaf, path as Bytes[]);
  const holds = reached !== null && equal(reached, root);
  // The signed root decides; what the server says the leaf is only tells which of the two is wrong.
  if (!holds) throw bad(told && equal(told, leaf) ? 'proof' : 'event');
  add({ root: hex(reached), length: path.length });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
