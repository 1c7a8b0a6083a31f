/** The Merkle tree of RFC 6962, and its proofs as RFC 9162 checks them (sections 2.1.3.2 and 2.1.4.2). Positions are safe integers. */
import { type Bytes, concat, equal } from './bytes';
import { sha256 } from './digest';

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export function leafHash(entry: Bytes): Promise<Bytes> {
  return sha256(concat(LEAF, entry));
}

function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(concat(NODE, left, right));
}

const half = (n: number): number => Math.floor(n / 2);
const odd = (n: number): boolean => n % 2 === 1;
const powerOfTwo = (n: number): boolean => n === 1 || (!odd(n) && powerOfTwo(n / 2));

/** Where the path leads from leaf `index` of a tree of `size` leaves; null when it is no path of such a tree. */
export async function rootOf(size: number, index: number, leaf: Bytes, path: readonly Bytes[]): Promise<Bytes | null> {
  if (index >= size) return null;
  let [at, last, hash] = [index, size - 1, leaf];
  for (const step of path) {
    if (last === 0) return null;
    if (odd(at) || at === last) {
      hash = await nodeHash(step, hash);
      while (!odd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = await nodeHash(hash, step);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? hash : null;
}

/** Whether the tree of `old` leaves (at least one) is the beginning of the tree of `size` leaves. */
export async function extendsTree(oldRoot: Bytes, old: number, root: Bytes, size: number, path: readonly Bytes[]): Promise<boolean> {
  if (old < 1 || old > size) return false;
  if (old === size) return path.length === 0 && equal(oldRoot, root);
  // The old root itself is left out of the proof where it is a subtree of the new one.
  const whole = powerOfTwo(old);
  const [first, ...rest] = whole ? [oldRoot, ...path] : path;
  if (!first) return false;
  let [at, last] = [old - 1, size - 1];
  while (odd(at)) [at, last] = [half(at), half(last)];
  let [fromOld, fromNew] = [first, first];
  for (const step of rest) {
    if (last === 0) return false;
    if (odd(at) || at === last) {
      [fromOld, fromNew] = [await nodeHash(step, fromOld), await nodeHash(step, fromNew)];
      while (!odd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      fromNew = await nodeHash(fromNew, step);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(fromOld, oldRoot) && equal(fromNew, root);
}
