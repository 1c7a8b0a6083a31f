import { send } from '../api/client';
import { Problem } from '../api/problem';
import type { Delta, EventItem } from './event';
import { type Frame, FrameReader } from './frames';

export type LiveState = 'idle' | 'connecting' | 'open' | 'lost';

/** The server says something every 15 s; after so long without a word the connection is dead, in milliseconds. */
const SILENCE = 40_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

export interface LiveSubject {
  event?(item: EventItem, cursor: string): void;
  delta?(delta: Delta): void;
  /** Events may have been missed for good: read everything again. What comes next comes after `cursor`; null: the server has refused. */
  reset?(cursor: string | null): void;
}

/** One connection to the server: everything of the person's teams, and what is being written in the sessions that are watched. */
export class LiveConnection {
  private readonly subjects = new Set<LiveSubject>();
  private readonly stateListeners = new Set<() => void>();
  private teams: readonly string[] = [];
  private sessions: readonly string[] = [];
  private running: AbortController | null = null;
  state: LiveState = 'idle';

  constructor(
    private readonly open: typeof send = send,
    /** Where the stream stands; the next connection goes on from there. Null: from now on. */
    private cursor: string | null = null,
  ) {}

  subscribe(subject: LiveSubject): () => void {
    this.subjects.add(subject);
    return () => this.subjects.delete(subject);
  }

  onState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  };

  /** Teams to listen to; none closes the connection. */
  listen(teams: readonly string[]): void {
    this.teams = teams;
    this.restart();
  }

  /** The sessions whose running turns are told, each from its beginning. */
  watch(sessions: readonly string[]): void {
    this.sessions = sessions;
    if (sessions.length > 0) this.restart();
  }

  /** Tries at once, e.g. because the network is back. */
  retry = (): void => {
    if (this.state === 'lost') this.restart();
  };

  private restart(): void {
    this.running?.abort();
    this.running = null;
    if (this.teams.length === 0) return this.become('idle');
    const stop = new AbortController();
    this.running = stop;
    void this.run(stop.signal);
  }

  private async run(stop: AbortSignal): Promise<void> {
    let wait = FIRST_WAIT;
    while (!stop.aborted) {
      if (this.state !== 'lost') this.become('connecting');
      try {
        await this.read(stop, () => {
          wait = FIRST_WAIT;
        });
      } catch (error) {
        if (stop.aborted) return;
        if (error instanceof Problem) this.refused(error);
      }
      if (stop.aborted) return;
      this.become('lost');
      await pause(wait * (0.7 + Math.random() * 0.6), stop);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  private refused(problem: Problem): void {
    // Another history, or something that may not be seen any more: from now on, and whoever still watches a session says so again.
    if (problem.status !== 410 && problem.status !== 404) return;
    this.cursor = null;
    this.sessions = [];
    this.each((subject) => subject.reset?.(null));
  }

  private async read(stop: AbortSignal, opened: () => void): Promise<void> {
    const query = new URLSearchParams({ teams: this.teams.join(',') });
    if (this.sessions.length > 0) query.set('sessions', this.sessions.join());
    if (this.cursor) query.set('after', this.cursor);
    const own = new AbortController();
    const silent = watchdog(() => own.abort());
    const response = await this.open(`/api/v1/live?${query}`, { signal: AbortSignal.any([stop, own.signal]) });
    opened();
    this.become('open');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const frames = new FrameReader();
    try {
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        silent.heard();
        for (const frame of frames.push(piece.value)) this.take(frame);
      }
    } finally {
      silent.stop();
    }
  }

  private take(frame: Frame): void {
    if (frame.event === 'delta') {
      const delta = JSON.parse(frame.data) as Delta;
      this.each((subject) => subject.delta?.(delta));
      return;
    }
    if (frame.id === null) return;
    // What happened before a connection stood was perhaps read, perhaps not.
    const blind = this.cursor === null;
    const cursor = frame.id;
    this.cursor = cursor;
    if (blind) this.each((subject) => subject.reset?.(cursor));
    if (frame.data === '') return;
    const item = JSON.parse(frame.data) as EventItem;
    this.each((subject) => subject.event?.(item, cursor));
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

function watchdog(bite: () => void): { heard(): void; stop(): void } {
  let timer = setTimeout(bite, SILENCE);
  return {
    heard() {
      clearTimeout(timer);
      timer = setTimeout(bite, SILENCE);
    },
    stop: () => clearTimeout(timer),
  };
}

function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
