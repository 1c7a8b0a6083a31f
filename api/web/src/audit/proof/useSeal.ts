import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Problem } from '../../kernel/api/problem';
import { asProblem } from '../../kernel/live/resource';
import type { Head, NotProven } from './check';
import { forget } from './memory';

/** What did not hold, and when that was found. */
export type Failure = Pick<NotProven, 'fault' | 'first' | 'last' | 'keys'> & { at: number };

export type Sealed =
  | { is: 'busy' }
  | { is: 'good'; head: Head }
  | { is: 'bad'; failure: Failure }
  | { is: 'away'; problem: Problem };

export interface Seal {
  sealed: Sealed;
  check(): void;
  /** A checkpoint that holds and covers the position; throws when there is none. */
  covering(position: number): Promise<Head>;
  /** Forgets what was remembered and believes what comes. */
  anew(): void;
}

/** The checks are loaded when they are first needed. */
export const checks = () => import('./check');

export function failureOf(error: unknown): Failure | null {
  if (!(error instanceof Error && 'fault' in error)) return null;
  const { fault, first, last, keys } = error as NotProven;
  return { fault, first, last, keys, at: Date.now() };
}

/** The newest checkpoint, verified when the page opens and whenever it is wished. */
export function useSeal(): Seal {
  const [sealed, setSealed] = useState<Sealed>({ is: 'busy' });
  const newest = useRef<Head>(undefined);
  // One after the other: each is held against what the one before left remembered.
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const covering = useCallback((position: number): Promise<Head> => {
    const work = async () => {
      if (newest.current && newest.current.checkpoint.size >= position) return newest.current;
      try {
        const head = await (await checks()).checkHead(Math.max(1, position));
        newest.current = head;
        setSealed({ is: 'good', head });
        return head;
      } catch (error) {
        const failure = failureOf(error);
        setSealed(failure ? { is: 'bad', failure } : { is: 'away', problem: asProblem(error) });
        throw error;
      }
    };
    const done = turn.current.then(work, work);
    turn.current = done.catch(() => undefined);
    return done;
  }, []);
  const check = useCallback(() => {
    newest.current = undefined;
    setSealed({ is: 'busy' });
    covering(1).catch(() => undefined);
  }, [covering]);
  const anew = useCallback(() => {
    forget();
    check();
  }, [check]);
  useEffect(check, [check]);
  return useMemo(() => ({ sealed, check, covering, anew }), [sealed, check, covering, anew]);
}
