import { useEffect, useRef, useSyncExternalStore } from 'react';
import { browserTabs } from './browserTabs';
import type { LiveState, LiveSubject } from './connection';
import { Live } from './tabs';

export const live = new Live(browserTabs());
if (typeof window !== 'undefined') {
  window.addEventListener('online', live.retry);
  window.addEventListener('pagehide', live.part);
  window.addEventListener('pageshow', (event) => event.persisted && live.rejoin());
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(live.onState, () => live.state);
}

/** Calls the newest `subject` for what happens while the component is shown. */
export function useLive(subject: LiveSubject): void {
  const newest = useRef(subject);
  useEffect(() => {
    newest.current = subject;
  });
  useEffect(
    () =>
      live.subscribe({
        event: (item, cursor) => newest.current.event?.(item, cursor),
        delta: (delta) => newest.current.delta?.(delta),
        reset: (cursor) => newest.current.reset?.(cursor),
      }),
    [],
  );
}
