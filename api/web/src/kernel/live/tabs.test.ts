import { describe, expect, it, vi } from 'vitest';
import { LiveConnection } from './connection';
import { Live, type Message, type Tabs } from './tabs';

/** Tabs of one browser: what one posts the others hear, and one at a time holds the lock. */
class Browser implements Tabs {
  private hearers = new Set<(message: Message) => void>();
  private queue: { signal: AbortSignal; lead: () => void }[] = [];
  private holder: AbortSignal | undefined;

  join(_: string, hear: (message: Message) => void) {
    this.hearers.add(hear);
    return {
      post: (message: Message) => [...this.hearers].forEach((other) => other !== hear && other(structuredClone(message))),
      close: () => void this.hearers.delete(hear),
    };
  }
  lock(_: string, signal: AbortSignal, lead: () => void) {
    this.queue.push({ signal, lead });
    this.next();
  }
  private next(): void {
    if (this.holder && !this.holder.aborted) return;
    const first = this.queue.shift();
    if (!first) return;
    if (first.signal.aborted) return this.next();
    this.holder = first.signal;
    first.signal.addEventListener('abort', () => this.next());
    first.lead();
  }
}

/** A server with one stream, which remembers what it told and where its readers began. */
class Server {
  asked: string[] = [];
  private told: number[] = [];
  private readers = new Set<{ controller: ReadableStreamDefaultController<Uint8Array> }>();

  open = (path: string, { signal }: { signal?: AbortSignal } = {}) => {
    const query = new URL(path, 'http://x').searchParams;
    this.asked.push(query.get('sessions') ?? '');
    const after = Number(query.get('after')?.split('.')[1] ?? this.told.at(-1) ?? 0);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const reader = { controller };
        this.readers.add(reader);
        signal?.addEventListener('abort', () => this.readers.delete(reader) && controller.error(signal.reason));
        send(controller, `id: e.${after}\n\n`);
        this.told.filter((n) => n > after).forEach((n) => send(controller, frame(n)));
      },
    });
    return Promise.resolve(new Response(body));
  };
  tell(n: number): void {
    this.told.push(n);
    this.readers.forEach(({ controller }) => send(controller, frame(n)));
  }
  get connections(): number {
    return this.readers.size;
  }
}
const frame = (n: number) => `id: e.${n}\nevent: t\ndata: {"position":${n}}\n\n`;
const send = (controller: ReadableStreamDefaultController<Uint8Array>, text: string) => controller.enqueue(new TextEncoder().encode(text));

function tab(browser: Tabs | null, server: Server) {
  const live = new Live(browser, (cursor) => new LiveConnection(server.open, cursor));
  const seen: number[] = [];
  const reset = vi.fn();
  live.subscribe({ event: (item) => seen.push(item.position), reset });
  live.listen(['team']);
  return { live, seen, reset };
}

describe('tabs', () => {
  it('share one connection, and the next goes on without gap or repeat', async () => {
    const [browser, server] = [new Browser(), new Server()];
    const tabs = Array.from({ length: 8 }, () => tab(browser, server));
    await vi.waitFor(() => expect(tabs.every(({ live, reset }) => live.state === 'open' && reset.mock.calls.length > 0)).toBe(true));
    expect(server.connections).toBe(1);
    server.tell(1);
    await vi.waitFor(() => expect(tabs.map(({ seen }) => seen)).toEqual(tabs.map(() => [1])));
    tabs[0]?.live.part();
    server.tell(2);
    await vi.waitFor(() => expect(tabs.slice(1).map(({ seen }) => seen)).toEqual(tabs.slice(1).map(() => [1, 2])));
    expect(server.connections).toBe(1);
    expect(tabs.slice(1).every(({ reset }) => reset.mock.calls.length === 1)).toBe(true);
  });

  it('have the sessions of all tabs told', async () => {
    const [browser, server] = [new Browser(), new Server()];
    const [first, second] = [tab(browser, server), tab(browser, server)];
    first.live.watch('a');
    second.live.watch('b');
    await vi.waitFor(() => expect(server.asked.at(-1)).toBe('a,b'));
    first.live.part();
    await vi.waitFor(() => expect(server.asked.at(-1)).toBe('b'));
  });

  it('read everything again when one was not told something', async () => {
    const [browser, server] = [new Browser(), new Server()];
    const [, second] = [tab(browser, server), tab(browser, server)];
    await vi.waitFor(() => expect(second.reset).toHaveBeenCalledTimes(1));
    browser.join('', () => undefined).post({ kind: 'event', item: { position: 5 } as never, cursor: 'e.5', after: 'e.4' });
    expect(second.reset).toHaveBeenCalledTimes(2);
    expect(second.seen).toEqual([5]);
  });

  it('have a connection each where there are no locks', async () => {
    const server = new Server();
    const tabs = [tab(null, server), tab(null, server)];
    await vi.waitFor(() => expect(server.connections).toBe(2));
    server.tell(1);
    await vi.waitFor(() => expect(tabs.map(({ seen }) => seen)).toEqual([[1], [1]]));
  });
});
