import { useEffect, useReducer, useRef } from 'react';
import { get, type Listing } from '../kernel/api/client';
import type { Problem } from '../kernel/api/problem';
import type { Delta, EventItem } from '../kernel/live/event';
import { live, useLive } from '../kernel/live/live';
import { asProblem } from '../kernel/live/resource';
import { type Conversation, EMPTY } from './conversation';
import { fold, foldDelta } from './fold';

interface State {
  conversation: Conversation;
  /** Everything up to the present has been read once. */
  complete: boolean;
  /** It is being read, so what comes live waits for its turn. */
  reading: boolean;
  /** Came live before the reading was through. */
  early: readonly EventItem[];
  earlyDeltas: readonly Delta[];
  problem: Problem | undefined;
}

type Step =
  | { kind: 'read'; items: EventItem[]; last: boolean }
  | { kind: 'live'; item: EventItem }
  | { kind: 'delta'; delta: Delta }
  | { kind: 'problem'; problem: Problem }
  | { kind: 'again' };

const START: State = { conversation: EMPTY, complete: false, reading: true, early: [], earlyDeltas: [], problem: undefined };

/** Pages first, then what came live meanwhile: by position, so nothing is missed and nothing counts twice. */
export function step(state: State, taken: Step): State {
  switch (taken.kind) {
    case 'read': {
      const read = add(state, taken.items);
      if (!taken.last) return read;
      const whole = add(read, state.early);
      const conversation = state.earlyDeltas.reduce(foldDelta, whole.conversation);
      return { ...whole, conversation, complete: true, reading: false, early: [], earlyDeltas: [] };
    }
    case 'live':
      return !state.reading ? add(state, [taken.item]) : { ...state, early: [...state.early, taken.item] };
    case 'delta':
      return !state.reading
        ? { ...state, conversation: foldDelta(state.conversation, taken.delta) }
        : { ...state, earlyDeltas: [...state.earlyDeltas, taken.delta] };
    case 'problem':
      return { ...state, problem: taken.problem };
    case 'again':
      return { ...state, reading: true, early: [], earlyDeltas: [], problem: undefined };
  }
}

function add(state: State, items: readonly EventItem[]): State {
  const fresh = items.filter((item) => item.position > state.conversation.position);
  if (fresh.length === 0) return state;
  return { ...state, conversation: fold(state.conversation, fresh), problem: undefined };
}

/** A session's conversation, from its first event and on, live. */
export function useConversation(session: string): State {
  const [state, dispatch] = useReducer(step, START);
  const [wish, again] = useReducer((wish: number) => wish + 1, 0);
  const position = useRef(0);
  useEffect(() => {
    position.current = state.conversation.position;
  }, [state]);

  useLive({
    event: (item) => item.stream === `agent_session-${session}` && dispatch({ kind: 'live', item }),
    delta: (delta) => delta.session_id === session && dispatch({ kind: 'delta', delta }),
    reset: () => {
      dispatch({ kind: 'again' });
      again();
    },
  });

  useEffect(() => {
    let wanted = true;
    const read = async () => {
      for (let after = position.current; wanted; ) {
        const page = await get<Listing<EventItem>>(`/api/v1/sessions/${session}/events?limit=200&after=${after}`);
        if (!wanted) return;
        // Only what may be seen is watched: one session that may not would end the stream for all.
        live.watch(session);
        after = page.items.at(-1)?.position ?? after;
        dispatch({ kind: 'read', items: page.items, last: page.next === null });
        if (page.next === null) return;
      }
    };
    read().catch((error: unknown) => wanted && dispatch({ kind: 'problem', problem: asProblem(error) }));
    return () => {
      wanted = false;
    };
  }, [session, wish]);
  useEffect(() => () => live.watch(null), [session]);
  return state;
}
