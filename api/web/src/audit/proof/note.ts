/** Checkpoints as signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint). */
import { base64, type Bytes, concat, equal, hex, utf8, uuid } from './bytes';
import { sha256, signed } from './digest';

const ED25519 = new Uint8Array([1]);
const DASH = '— ';

/** A public key with its name: `<name>+<key id>+<base64 of 0x01 and the key>`. */
export interface VerifierKey {
  text: string;
  name: string;
  /** Eight hexadecimal digits. */
  id: string;
  key: Bytes;
}

/** Null where the text is none, or its id is not that of its key. */
export async function verifierKey(text: string): Promise<VerifierKey | null> {
  const [name, id, ...rest] = text.split('+');
  const bytes = base64(rest.join('+'));
  if (!name || !id || bytes?.length !== 33 || bytes[0] !== 1) return null;
  const key = bytes.slice(1);
  const digest = await sha256(concat(utf8(`${name}\n`), ED25519, key));
  return hex(digest.slice(0, 4)) === id ? { text, name, id, key } : null;
}

export interface Checkpoint {
  origin: string;
  /** Leaves of the tree: the last position that is sealed. */
  size: number;
  root: Bytes;
  epoch: string;
  /** Milliseconds since 1970: when it was sealed. */
  time: number;
  /** The key that signs from here on, where it changes. */
  nextKey: string | null;
}

interface Note {
  /** Ends with a line feed. */
  text: string;
  signatures: readonly { name: string; id: string; signature: Bytes }[];
}

export function readNote(note: string): Note | null {
  const middle = note.lastIndexOf('\n\n');
  if (middle < 0 || !note.endsWith('\n')) return null;
  const signatures = [];
  for (const line of note.slice(middle + 2, -1).split('\n')) {
    const [name, text, ...rest] = line.startsWith(DASH) ? line.slice(DASH.length).split(' ') : [];
    const bytes = base64(text ?? '');
    if (!name || !bytes || bytes.length < 5 || rest.length > 0) return null;
    signatures.push({ name, id: hex(bytes.slice(0, 4)), signature: bytes.slice(4) });
  }
  return { text: note.slice(0, middle + 1), signatures };
}

export function readCheckpoint({ text }: Note): Checkpoint | null {
  const parts = /^([^\n]+)\n(0|[1-9]\d*)\n([^\n]+)\nepoch ([^\n]+)\ntime (-?\d+)\n(?:key ([^\n]+)\n)?$/.exec(text);
  const [, origin = '', size, root = '', epoch = '', time, nextKey] = parts ?? [];
  const hash = base64(root);
  if (!parts || hash?.length !== 32 || !uuid(epoch) || !Number.isSafeInteger(Number(size))) return null;
  return { origin, size: Number(size), root: hash, epoch, time: Number(time) / 1000, nextKey: nextKey ?? null };
}

/** Which of the keys signed the note; `forged`: one of them is named and its signature does not hold. */
export async function signers(note: Note, keys: readonly VerifierKey[]): Promise<{ good: VerifierKey[]; forged: VerifierKey | null }> {
  const good: VerifierKey[] = [];
  for (const { name, id, signature } of note.signatures) {
    for (const key of keys.filter((key) => key.name === name && key.id === id)) {
      if (!(await signed(key.key, signature, utf8(note.text)))) return { good, forged: key };
      good.push(key);
    }
  }
  return { good, forged: null };
}

export function sameRoot(a: Checkpoint, b: Checkpoint): boolean {
  return equal(a.root, b.root);
}
