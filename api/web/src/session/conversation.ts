/** What a session's events say, in the order people read it. Folding is pure: the same events make the same conversation. */
import type { EventItem } from '../kernel/live/event';
import type { Status } from './sessions';

export interface Change {
  path: string;
  before?: string;
  before_blob?: string;
  after?: string;
  after_blob?: string;
}

export interface UserEntry { kind: 'user'; key: string; text: string; by: string; time: string }
export interface AgentEntry { kind: 'agent'; key: string; turn: number; text: string; time: string; writing: boolean }
export interface NoticeEntry { kind: 'notice'; key: string; code: string; detail: string; tone: 'plain' | 'warn' | 'bad' | 'good'; time: string }
export interface ToolEntry {
  kind: 'tool';
  key: string;
  callId: string;
  tool: string;
  /** As the model wrote them: JSON text, which may be broken. */
  input: string;
  state: 'planned' | 'waiting' | 'running' | 'done';
  changes: readonly Change[];
  approval?: Asked;
  outcome?: string;
  output?: string;
  fullOutput?: { hash: string; size: number };
  exitCode?: number;
  durationMs?: number;
  time: string;
}
export interface Asked {
  id: string;
  preview: string;
  /** RFC 3339. */
  expires: string;
  decision?: 'allow_once' | 'allow_session' | 'deny' | 'timed_out';
  reason?: string;
  by?: string;
}
export type Entry = UserEntry | AgentEntry | ToolEntry | NoticeEntry;

export interface Usage { steps: number; inputTokens: number; outputTokens: number; microUsd: number; workMs: number }

export interface Budget { max_steps?: number | null; max_seconds?: number | null; max_tokens?: number | null; max_micro_usd?: number | null }

export interface Conversation {
  entries: readonly Entry[];
  status: Status;
  title: string;
  model: string;
  editMode: string;
  budget: Budget;
  usage: Usage;
  cancelRequested: boolean;
  /** The question that waits. */
  approvalId: string | null;
  /** Of the last event in it; 0 before the first. */
  position: number;
  turn: number;
  attempt: number;
  /** Which has the session: another one means that the first has stopped. */
  worker: string;
  /** What is in it, for an undo to go back to. */
  events: readonly EventItem[];
}

export const EMPTY: Conversation = {
  entries: [], status: 'queued', title: '', model: '', editMode: 'ask', budget: {},
  usage: { steps: 0, inputTokens: 0, outputTokens: 0, microUsd: 0, workMs: 0 },
  cancelRequested: false, approvalId: null, position: 0, turn: 0, attempt: 0, worker: '', events: [],
};
