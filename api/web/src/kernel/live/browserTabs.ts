import type { Channel, Message, Tabs } from './tabs';

/** Tabs as browsers know them; null where they cannot reach each other or have no locks. */
export function browserTabs(): Tabs | null {
  const locks = typeof navigator === 'undefined' ? undefined : (navigator as { locks?: LockManager }).locks;
  if (!locks || typeof BroadcastChannel === 'undefined') return null;
  return {
    join(name: string, hear: (message: Message) => void): Channel {
      const channel = new BroadcastChannel(name);
      channel.onmessage = (event: MessageEvent<Message>) => hear(event.data);
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
    lock(name: string, signal: AbortSignal, lead: () => void): void {
      const held = () => new Promise<void>((free) => {
        if (signal.aborted) return free();
        signal.addEventListener('abort', () => free());
        lead();
      });
      // Aborted while it waits: nobody wants it any more.
      locks.request(name, { signal }, held).catch(() => undefined);
    },
  };
}
