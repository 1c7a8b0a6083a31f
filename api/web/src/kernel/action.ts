import { useCallback, useRef, useState } from 'react';
import type { Problem } from './api/problem';
import { asProblem } from './live/resource';

export interface Action<A extends unknown[]> {
  run(...args: A): Promise<boolean>;
  busy: boolean;
  problem: Problem | undefined;
  clear(): void;
}

/** A write that a person asks for: one at a time, its refusal shown where it was asked. `run` answers whether it was done. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const running = useRef(false);
  const run = async (...args: A): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      await work(...args);
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  const clear = useCallback(() => setProblem(undefined), []);
  return { run, busy, problem, clear };
}
