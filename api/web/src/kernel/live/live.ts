import { useEffect, useRef, useSyncExternalStore } from 'react';
import { LiveConnection, type LiveState, type LiveSubject } from './connection';

export const live = new LiveConnection();
if (typeof window !== 'undefined') window.addEventListener('online', live.retry);

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
        reset: () => newest.current.reset?.(),
      }),
    [],
  );
}
