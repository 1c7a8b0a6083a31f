import { useCallback, useEffect, useState } from 'react';
import { Problem } from '../api/problem';
import { texts } from '../text/texts';
import type { EventItem } from './event';
import { useLive } from './live';

export interface Resource<T> {
  value: T | undefined;
  problem: Problem | undefined;
  reload(): void;
}

/** Milliseconds in which several events cause one reading. */
const TOGETHER = 80;

/**
 * Something read from the server, and read again when an event `concerns` it. While `key` is null nothing is read. The last value stays
 * on screen while the next is on its way; an older answer never replaces a newer one.
 */
export function useResource<T>(key: string | null, read: () => Promise<T>, concerns?: (item: EventItem) => boolean): Resource<T> {
  const [state, setState] = useState<{ key: string | null; value?: T; problem?: Problem }>({ key });
  const [wish, setWish] = useState(0);
  const reload = useCallback(() => setWish((wish) => wish + 1), []);

  useEffect(() => {
    if (key === null) return;
    let newest = true;
    const timer = setTimeout(
      () => {
        read().then(
          (value) => newest && setState({ key, value }),
          (error: unknown) => newest && setState((old) => ({ ...(old.key === key ? old : {}), key, problem: asProblem(error) })),
        );
      },
      wish > 0 ? TOGETHER : 0,
    );
    return () => {
      newest = false;
      clearTimeout(timer);
    };
    // `read` is a new function each time; `key` says what it reads.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, wish]);

  useLive({ event: (item) => concerns?.(item) && reload(), reset: reload });
  const ours = state.key === key;
  return { value: ours ? state.value : undefined, problem: ours ? state.problem : undefined, reload };
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'console', texts.problem.unexpected);
}
