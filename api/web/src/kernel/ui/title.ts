import { useEffect, useSyncExternalStore } from 'react';
import { texts } from '../text/texts';

let place = '';
let waiting = 0;
const listeners = new Set<() => void>();

function show(): void {
  document.title = [waiting > 0 ? `(${waiting})` : '', place, place ? '·' : '', texts.product].filter(Boolean).join(' ');
}

/** Names the page in the tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    place = title;
    show();
  }, [title]);
}

/** How many questions wait: stands in front of every title. */
export function setWaiting(count: number): void {
  waiting = count;
  show();
  for (const listener of listeners) listener();
}

export function useWaiting(): number {
  return useSyncExternalStore(
    (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    () => waiting,
  );
}
