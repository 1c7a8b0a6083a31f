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
  /** Events may have been missed for good: read everything again. */
  reset?(): void;
}

/** The one connection of a tab: everything of the person's teams, and what is being written in the session on screen. */
export class LiveConnection {
  private readonly subjects = new Set<LiveSubject>();
  private readonly stateListeners = new Set<() => void>();
  private teams: readonly string[] = [];
  private session: string | null = null;
  /** The last event that was seen; where the next connection goes on. */
  private cursor: string | null = null;
  private running: AbortController | null = null;
  state: LiveState = 'idle';

  constructor(private readonly open: typeof send = send) {}

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
    if (teams.join() === this.teams.join()) return;
    // What a new team did before now is read, not streamed.
    this.cursor = teams.every((team) => this.teams.includes(team)) ? this.cursor : null;
    this.teams = teams;
    this.restart();
  }

  /** The session whose running turn is to be told from its beginning. */
  watch(session: string | null): void {
    if (session === this.session) return;
    this.session = session;
    if (session) this.restart();
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
    let first = this.cursor === null;
    while (!stop.aborted) {
      if (this.state !== 'lost') this.become('connecting');
      try {
        await this.read(stop, () => {
          // Without a cursor, whatever happened between two connections was missed.
          if (this.cursor === null && !first) this.each((subject) => subject.reset?.());
          first = false;
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
    // Another history, or a team that is gone: start from now and read everything again.
    if (problem.status === 410 || problem.status === 404) {
      this.cursor = null;
      if (problem.status === 404) this.session = null;
      this.each((subject) => subject.reset?.());
    }
  }

  private async read(stop: AbortSignal, opened: () => void): Promise<void> {
    const query = new URLSearchParams({ teams: this.teams.join(',') });
    if (this.session) query.set('sessions', this.session);
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
    } else if (frame.id !== null) {
      const cursor = frame.id;
      this.cursor = cursor;
      const item = JSON.parse(frame.data) as EventItem;
      this.each((subject) => subject.event?.(item, cursor));
    }
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
