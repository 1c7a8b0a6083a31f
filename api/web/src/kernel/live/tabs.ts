/**
 * All tabs of a browser share one connection: browsers allow six to a server (HTTP/1.1), and a stream holds one for good. The tab that
 * holds a lock leads: it has the connection and tells the others what comes. When it goes, the lock goes to another, which goes on after
 * the last event that it was told. Where a page has no locks (it is no secure context), each tab has a connection of its own.
 */
import { LiveConnection, type LiveState, type LiveSubject } from './connection';
import type { Delta, EventItem } from './event';

/** A follower asks this often whether the leader is still there, and does without one that has not answered by the next time; in milliseconds. */
const ASKED_EVERY = 20_000;
/** Tabs that begin at once are told together, in milliseconds. */
const TOGETHER = 30;

export type Message =
  | { kind: 'event'; item: EventItem; cursor: string; after: string | null }
  | { kind: 'delta'; delta: Delta }
  | { kind: 'reset'; cursor: string | null }
  | { kind: 'here'; state: LiveState; cursor: string | null }
  /** A tab watches a session, or none any more; `anew`: it wants the running turn from its beginning. */
  | { kind: 'watch'; tab: string; session: string | null; anew: boolean }
  | { kind: 'who' }
  | { kind: 'retry' };

export interface Channel {
  post(message: Message): void;
  close(): void;
}

/** What a browser offers to its tabs. */
export interface Tabs {
  join(name: string, hear: (message: Message) => void): Channel;
  /** Calls `lead` once the lock is free, and holds it until the signal. */
  lock(name: string, signal: AbortSignal, lead: () => void): void;
}

export class Live {
  private readonly tab = Math.random().toString(36).slice(2);
  private readonly subjects = new Set<LiveSubject>();
  private readonly stateListeners = new Set<() => void>();
  /** Session by tab; of the others only a leader knows. */
  private readonly watched = new Map<string, string>();
  private teams: readonly string[] = [];
  private session: string | null = null;
  private channel: Channel | undefined;
  private leave: AbortController | undefined;
  /** Only who leads, or is alone, has one. */
  private connection: LiveConnection | undefined;
  private cursor: string | null = null;
  private position = 0;
  /** The leader was asked and has not answered yet. */
  private asked = false;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  state: LiveState = 'idle';

  constructor(
    private readonly tabs: Tabs | null,
    private readonly connect: (cursor: string | null) => LiveConnection = (cursor) => new LiveConnection(undefined, cursor),
  ) {}

  subscribe(subject: LiveSubject): () => void {
    this.subjects.add(subject);
    return () => this.subjects.delete(subject);
  }

  onState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  /** Teams to listen to; none ends it. Tabs with the same teams share. */
  listen(teams: readonly string[]): void {
    if (teams.join() === this.teams.join()) return;
    this.part();
    // What a new team did before now is read, not streamed.
    if (!teams.every((team) => this.teams.includes(team))) this.cursor = null;
    this.teams = teams;
    if (teams.length === 0) return this.become('idle');
    const name = `opensail-live ${teams.join()}`;
    const leave = (this.leave = new AbortController());
    if (!this.tabs) return this.lead();
    this.become('connecting');
    this.channel = this.tabs.join(name, (message) => this.hear(message));
    this.tabs.lock(name, leave.signal, () => leave.signal.aborted || this.lead());
    this.follow(leave.signal);
  }

  /** The session whose running turn is to be told from its beginning. */
  watch(session: string | null): void {
    if (session === this.session) return;
    this.session = session;
    this.tellWatched(true);
  }

  /** Tries at once, e.g. because the network is back. */
  retry = (): void => {
    if (this.connection) this.connection.retry();
    else this.channel?.post({ kind: 'retry' });
  };

  /** Leaves the others, who go on. */
  part = (): void => {
    if (!this.connection) this.channel?.post({ kind: 'watch', tab: this.tab, session: null, anew: false });
    this.connection?.listen([]);
    this.connection = undefined;
    this.leave?.abort();
    this.channel?.close();
    this.channel = undefined;
    this.watched.clear();
  };

  /** After the page was put away and has come back. */
  rejoin = (): void => {
    const { teams } = this;
    this.teams = [];
    this.listen(teams);
  };

  private follow(stop: AbortSignal): void {
    this.asked = false;
    this.tellWatched(true);
    const timer = setInterval(() => {
      if (this.connection) return clearInterval(timer);
      if (this.asked) return this.lead();
      this.asked = true;
      this.tellWatched(false);
    }, ASKED_EVERY);
    stop.addEventListener('abort', () => clearInterval(timer));
  }

  private lead(): void {
    if (this.connection) return;
    const connection = (this.connection = this.connect(this.cursor));
    connection.subscribe({
      event: (item, cursor) => {
        this.channel?.post({ kind: 'event', item, cursor, after: this.cursor });
        this.event(item, cursor);
      },
      delta: (delta) => this.delta(delta),
      reset: (cursor) => this.reset(cursor),
    });
    connection.onState(() => {
      this.become(connection.state);
      this.here();
    });
    if (this.session) this.watched.set(this.tab, this.session);
    connection.watch([...new Set(this.watched.values())]);
    connection.listen(this.teams);
    this.channel?.post({ kind: 'who' });
  }

  private hear(message: Message): void {
    if (this.connection) return this.hearFollower(message);
    this.asked = false;
    switch (message.kind) {
      case 'event':
        // Told twice by a new leader who had seen less.
        if (message.item.position <= this.position) return;
        if (message.after !== this.cursor) this.reset(message.after);
        return this.event(message.item, message.cursor);
      case 'delta':
        return this.delta(message.delta);
      case 'reset':
        return this.reset(message.cursor);
      case 'here':
        this.become(message.state);
        if (this.cursor === null && message.cursor !== null) this.reset(message.cursor);
        return;
      case 'who':
        return this.tellWatched(true);
      case 'watch':
      case 'retry':
        return;
    }
  }

  private hearFollower(message: Message): void {
    if (message.kind === 'retry') return this.connection?.retry();
    if (message.kind !== 'watch') return;
    const before = this.watched.get(message.tab) ?? null;
    if (message.session === null) this.watched.delete(message.tab);
    else this.watched.set(message.tab, message.session);
    if (message.session !== null && (message.anew || before !== message.session)) this.watchAnew();
    this.here();
  }

  private here(): void {
    if (this.connection) this.channel?.post({ kind: 'here', state: this.connection.state, cursor: this.cursor });
  }

  private tellWatched(anew: boolean): void {
    if (!this.connection) {
      this.channel?.post({ kind: 'watch', tab: this.tab, session: this.session, anew });
      return;
    }
    if (this.session === null) this.watched.delete(this.tab);
    else this.watched.set(this.tab, this.session);
    if (this.session !== null) this.watchAnew();
  }

  private watchAnew(): void {
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => this.connection?.watch([...new Set(this.watched.values())]), TOGETHER);
  }

  private event(item: EventItem, cursor: string): void {
    this.cursor = cursor;
    this.position = item.position;
    this.each((subject) => subject.event?.(item, cursor));
  }

  private delta(delta: Delta): void {
    if (this.connection) this.channel?.post({ kind: 'delta', delta });
    this.each((subject) => subject.delta?.(delta));
  }

  private reset(cursor: string | null): void {
    this.cursor = cursor;
    this.position = 0;
    // The server may have refused a session: who may still see one says so again.
    if (cursor === null) {
      this.session = null;
      this.watched.clear();
    }
    if (this.connection) this.channel?.post({ kind: 'reset', cursor });
    this.each((subject) => subject.reset?.(cursor));
  }

  private each(tell: (subject: LiveSubject) => void): void {
    for (const subject of [...this.subjects]) tell(subject);
  }

  private become(state: LiveState): void {
    if (state === this.state) return;
    this.state = state;
    for (const listener of this.stateListeners) listener();
  }
}
