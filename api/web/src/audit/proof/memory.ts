/** What this browser remembers of the journal, per address of the server: the keys it believed and checkpoints it verified. */
export interface Seen {
  size: number;
  /** Base64. */
  root: string;
  epoch: string;
  /** Milliseconds since 1970: when it was sealed, and when this browser verified it. */
  sealed: number;
  verified: number;
}

export interface Memory {
  origin: string;
  /** As C2SP signed-note writes them, the first believed first. */
  keys: readonly string[];
  /** Milliseconds since 1970: when the first was believed. */
  since: number;
  /** The newest last; never empty. */
  seen: readonly Seen[];
}

const KEY = 'opensail.audit.seal';
/** Checkpoints that are remembered: enough to tell a rewritten beginning from a rewritten end. */
const MOST = 24;

/** Null: nothing yet. */
export function remembered(): Memory | null {
  try {
    const memory = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Memory | null;
    return memory && memory.seen.length > 0 && memory.keys.length > 0 ? memory : null;
  } catch {
    return null;
  }
}

/** False where the browser keeps nothing for pages. */
export function remember(memory: Memory): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...memory, seen: thinned(memory.seen) }));
    return true;
  } catch {
    return false;
  }
}

export function forget(): void {
  localStorage.removeItem(KEY);
}

/** The first and the newest stay; in between the one goes that leaves the smallest hole for its size. */
function thinned(seen: readonly Seen[]): readonly Seen[] {
  const kept = [...seen];
  while (kept.length > MOST) {
    const holes = kept.slice(1, -1).map(({ size }, at) => ((kept[at + 2]?.size ?? size) - (kept[at]?.size ?? 0)) / Math.max(1, (kept.at(-1)?.size ?? size) - size));
    kept.splice(holes.indexOf(Math.min(...holes)) + 1, 1);
  }
  return kept;
}
