import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem } from '../../kernel/api/problem';
import type { EventItem } from '../../kernel/live/event';
import { asProblem } from '../../kernel/live/resource';
import type { Head, Steps } from './check';
import { checks, type Failure, failureOf, type Seal } from './useSeal';

/** How far the check of an event is. */
export interface Proof {
  steps: Steps;
  head?: Head;
  /** Milliseconds since 1970: when it was proven. */
  at?: number;
  failure?: Failure;
  problem?: Problem;
}

export interface Proofs {
  of: ReadonlyMap<EventItem, Proof>;
  verify(item: EventItem): Promise<void>;
  /** All of the list, and what is added to it later. */
  verifyAll(): void;
  all: boolean;
}

/** Proofs that are asked for at the same time. */
const TOGETHER = 4;

/** The events of a list, held against the seal. */
export function useProofs(items: readonly EventItem[], seal: Seal): Proofs {
  const [of, setOf] = useState<ReadonlyMap<EventItem, Proof>>(new Map());
  const [all, setAll] = useState(false);
  const begun = useRef(new Set<EventItem>());
  const { covering } = seal;
  const verify = useCallback(
    async (item: EventItem) => {
      begun.current.add(item);
      const tell = (proof: Proof) => setOf((old) => new Map(old).set(item, proof));
      let proof: Proof = { steps: {} };
      tell(proof);
      try {
        const head = await covering(item.position);
        proof = { ...proof, head };
        await (await checks()).checkEvent(item, head, (steps) => (proof = { ...proof, steps }));
        tell({ ...proof, at: Date.now() });
      } catch (error) {
        const failure = failureOf(error);
        tell(failure ? { ...proof, failure } : { ...proof, problem: asProblem(error) });
      }
    },
    [covering],
  );
  useEffect(() => {
    if (!all) return;
    const open = items.filter((item) => !begun.current.has(item));
    for (const item of open) begun.current.add(item);
    const worker = async () => {
      for (let item = open.shift(); item; item = open.shift()) await verify(item);
    };
    for (let n = 0; n < TOGETHER; n++) void worker();
  }, [all, items, verify]);
  const verifyAll = () => {
    // What could not be asked is asked again.
    for (const [item, { problem }] of of) if (problem) begun.current.delete(item);
    setAll(true);
  };
  return { of, verify, verifyAll, all };
}
