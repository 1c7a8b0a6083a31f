import type { Delta, EventItem } from '../kernel/live/event';
import { texts } from '../kernel/text/texts';
import { type Asked, type Budget, type Change, type Conversation, EMPTY, type Entry, type NoticeEntry, type ToolEntry } from './conversation';
import type { Status } from './sessions';

interface Draft extends Omit<Conversation, 'entries' | 'events'> {
  entries: Entry[];
  events: EventItem[];
}
type Data = Readonly<Record<string, unknown>>;
type Handler = (draft: Draft, data: Data, item: EventItem) => void;

/** Adds events in order; what is not after the last one is known already and left out, so a repeat changes nothing. */
export function fold(state: Conversation, items: readonly EventItem[]): Conversation {
  const fresh = items.filter((item) => item.position > state.position);
  if (fresh.length === 0) return state;
  const draft: Draft = { ...state, entries: [...state.entries], usage: { ...state.usage }, events: [...state.events] };
  for (const item of fresh) {
    HANDLERS[item.type]?.(draft, item.data, item);
    draft.position = item.position;
    draft.events.push(item);
  }
  return draft;
}

/** Text written just now; it is thrown away when the turn is durable or tried anew. */
export function foldDelta(state: Conversation, delta: Delta): Conversation {
  if (delta.turn !== state.turn || delta.attempt !== state.attempt) return state;
  const at = state.entries.findLastIndex((entry) => entry.kind === 'agent' && entry.writing);
  const entry = state.entries[at];
  if (entry?.kind !== 'agent') return state;
  const written = new TextEncoder().encode(entry.text).length;
  // What is repeated after a reconnect begins anew; a gap waits for the repeat.
  const text = delta.offset === 0 ? delta.text : delta.offset === written ? entry.text + delta.text : entry.text;
  return text === entry.text ? state : { ...state, entries: state.entries.with(at, { ...entry, text }) };
}

const HANDLERS: Record<string, Handler> = {
  'agent_session.requested': (draft, data, item) => {
    draft.title = said(data.title);
    draft.model = string(data.model);
    draft.editMode = string(data.edit_mode);
    draft.budget = (data.budget ?? {}) as Budget;
    draft.status = 'queued';
    add(draft, { kind: 'user', key: key(item), text: said(data.task), by: item.actor.name, time: item.time });
  },
  'agent_session.run_started': (draft, data, item) => {
    const stopped = draft.status !== 'queued' && draft.worker !== '' && draft.worker !== string(data.worker);
    if (stopped) notice(draft, item, 'resumed', '', 'plain');
    draft.worker = string(data.worker);
    draft.status = 'running';
  },
  'agent_session.turn_started': (draft, data, item) => {
    draft.status = 'running';
    draft.turn = number(data.turn);
    draft.attempt = number(data.attempt);
    stopWriting(draft);
    add(draft, { kind: 'agent', key: `turn-${draft.turn}-${draft.attempt}`, turn: draft.turn, text: '', time: item.time, writing: true });
  },
  'agent_session.turn_completed': turnCompleted,
  'agent_session.turn_failed': (draft, data, item) => {
    stopWriting(draft);
    draft.usage.workMs += number(data.duration_ms);
    const retry = data.retryable === true ? ` (${texts.session.notices.retrying})` : '';
    notice(draft, item, 'turn_failed', `${said(data.detail) || string(data.code)}${retry}`, 'warn');
  },
  'agent_session.approval_requested': (draft, data) => {
    draft.status = 'waiting_approval';
    draft.approvalId = string(data.approval_id);
    const expires = moment(data.expires_at);
    const approval: Asked = { id: draft.approvalId, preview: said(data.preview), expires };
    change(draft, string(data.call_id), () => ({ state: 'waiting', approval }));
  },
  'agent_session.approval_answered': (draft, data, item) => {
    const decision = string(data.decision) as NonNullable<Asked['decision']>;
    answered(draft, string(data.approval_id), { decision, by: item.actor.name, ...(data.reason ? { reason: said(data.reason) } : {}) });
  },
  'agent_session.approval_timed_out': (draft, data) => answered(draft, string(data.approval_id), { decision: 'timed_out' }),
  'agent_session.tool_call_started': (draft, data) => {
    const changes = Array.isArray(data.changes) ? (data.changes as Change[]) : [];
    change(draft, string(data.call_id), () => ({ state: 'running', changes }));
  },
  'agent_session.tool_call_completed': (draft, data) => {
    draft.usage.workMs += number(data.duration_ms);
    change(draft, string(data.call_id), () => ({
      state: 'done',
      outcome: string(data.outcome),
      output: said(data.output),
      durationMs: number(data.duration_ms),
      ...(data.full_output ? { fullOutput: data.full_output as { hash: string; size: number } } : {}),
      ...(typeof data.exit_code === 'number' ? { exitCode: data.exit_code } : {}),
    }));
  },
  'agent_session.message_added': (draft, data, item) =>
    add(draft, { kind: 'user', key: key(item), text: said(data.text), by: item.actor.name, time: item.time }),
  'agent_session.requeued': (draft) => {
    draft.status = 'queued';
    draft.cancelRequested = false;
  },
  'agent_session.paused': (draft, data, item) => {
    draft.status = 'paused';
    notice(draft, item, 'paused', moment(data.until), 'warn');
  },
  'agent_session.resumed': (draft) => {
    draft.status = 'running';
  },
  'agent_session.cancel_requested': (draft) => {
    draft.cancelRequested = true;
  },
  'agent_session.completed': (draft, _, item) => end(draft, item, 'completed', '', 'good'),
  'agent_session.failed': (draft, data, item) => end(draft, item, 'failed', said(data.detail) || string(data.reason), 'bad'),
  'agent_session.cancelled': (draft, _, item) => end(draft, item, 'cancelled', '', 'plain'),
  'agent_session.limit_reached': (draft, data, item) => end(draft, item, 'limit_reached', string(data.limit), 'warn'),
  'agent_session.forked': (draft, data, item) => {
    draft.entries = Array.isArray(data.conversation) ? takenOver(data.conversation as Message[], item) : draft.entries;
    draft.turn = number(data.turn);
    notice(draft, item, 'forked', '', 'plain');
  },
  'agent_session.undone': (draft, data, item) => {
    // Going back is no erasing: the events say what stood there, also what an earlier undo had left.
    draft.entries = [...fold(EMPTY, draft.events.filter((event) => event.stream_version <= number(data.to))).entries];
    stopWriting(draft);
    const [to, found] = [draft.events.find((event) => event.stream_version === number(data.to)), draft.events.findLast((event) => event.type === 'agent_session.undo_started')];
    const told = to && found ? texts.steps.wentBack(to.position, number(data.changed), found.position) : texts.steps.changed(number(data.changed));
    notice(draft, item, 'undone', told, 'plain');
  },
  'agent_session.merged': (draft, data, item) => notice(draft, item, 'merged', texts.steps.changed(number(data.changed)), 'good'),
  'agent_session.fork_merged': (draft, data, item) => notice(draft, item, 'fork_merged', texts.steps.changed(number(data.changed)), 'good'),
  'agent_session.capture_failed': (draft, data, item) => notice(draft, item, 'capture_failed', texts.steps.captureFailures[string(data.reason)] ?? said(data.detail), 'warn'),
  'agent_session.workspace_discarded': (draft, _, item) => notice(draft, item, 'discarded', '', 'plain'),
};

type Message =
  | { role: 'user'; text: string }
  | ({ role: 'assistant' } & Answer)
  | { role: 'tool'; call_id: string; tool: string; outcome: string; output: string };

/** What was said in the session that a fork left. */
function takenOver(messages: readonly Message[], { position, time }: EventItem): Entry[] {
  const entries: Entry[] = [];
  for (const [index, message] of messages.entries()) {
    const key = `event-${position}-${index}`;
    if (message.role === 'user') entries.push({ kind: 'user', key, text: message.text, by: '', time });
    if (message.role === 'assistant') {
      if (message.text.trim()) entries.push({ kind: 'agent', key, turn: 0, text: message.text, time, writing: false });
      for (const call of message.tool_calls) entries.push({ kind: 'tool', key: `call-${call.call_id}`, callId: call.call_id, tool: call.tool, input: call.arguments, state: 'planned', changes: [], time });
    }
    if (message.role === 'tool') {
      const at = entries.findLastIndex((entry) => entry.kind === 'tool' && entry.callId === message.call_id);
      const entry = entries[at];
      if (entry?.kind === 'tool') entries[at] = { ...entry, state: 'done', outcome: message.outcome, output: message.output };
    }
  }
  return entries;
}

interface Answer { text: string; tool_calls: { call_id: string; tool: string; arguments: string }[] }

function turnCompleted(draft: Draft, data: Data, item: EventItem): void {
  stopWriting(draft);
  const answer = data.answer as Answer | null;
  const tokens = (data.tokens ?? {}) as Record<string, unknown>;
  draft.usage.steps += 1;
  draft.usage.inputTokens += number(tokens.input);
  draft.usage.outputTokens += number(tokens.output);
  draft.usage.microUsd += number(data.micro_usd);
  draft.usage.workMs += number(data.duration_ms);
  const turn = number(data.turn);
  const text = answer ? answer.text : texts.session.forgotten;
  if (text.trim()) add(draft, { kind: 'agent', key: `turn-${turn}-${number(data.attempt)}`, turn, text, time: item.time, writing: false });
  const calls = answer?.tool_calls ?? (data.calls as { call_id: string; tool: string }[]).map((call) => ({ ...call, arguments: '' }));
  for (const call of calls) {
    add(draft, { kind: 'tool', key: `call-${call.call_id}`, callId: call.call_id, tool: call.tool, input: call.arguments, state: 'planned', changes: [], time: item.time });
  }
}

/** The text of an open turn is replaced by its durable form, or was of an attempt that is given up. */
function stopWriting(draft: Draft): void {
  const last = draft.entries.at(-1);
  if (last?.kind === 'agent' && last.writing) draft.entries.pop();
  else draft.entries = draft.entries.filter((entry) => !(entry.kind === 'agent' && entry.writing));
}

function end(draft: Draft, item: EventItem, status: Status, detail: string, tone: NoticeEntry['tone']): void {
  stopWriting(draft);
  draft.status = status;
  draft.approvalId = null;
  draft.cancelRequested = false;
  notice(draft, item, status, detail, tone);
}

function answered(draft: Draft, approval: string, answer: Partial<Asked>): void {
  draft.approvalId = null;
  draft.status = 'running';
  const at = draft.entries.findLastIndex((entry) => entry.kind === 'tool' && entry.approval?.id === approval);
  const entry = draft.entries[at];
  if (entry?.kind === 'tool' && entry.approval) draft.entries[at] = { ...entry, state: 'planned', approval: { ...entry.approval, ...answer } };
}

function change(draft: Draft, callId: string, to: (entry: ToolEntry) => Partial<ToolEntry>): void {
  const at = draft.entries.findLastIndex((entry) => entry.kind === 'tool' && entry.callId === callId);
  const entry = draft.entries[at];
  if (entry?.kind === 'tool') draft.entries[at] = { ...entry, ...to(entry) };
}

function notice(draft: Draft, item: EventItem, code: string, detail: string, tone: NoticeEntry['tone']): void {
  add(draft, { kind: 'notice', key: key(item), code, detail, tone, time: item.time });
}

function add(draft: Draft, entry: Entry): void {
  draft.entries.push(entry);
}

function key(item: EventItem): string {
  return `event-${item.position}`;
}

/** Private text, which may have been forgotten. */
function said(value: unknown): string {
  return typeof value === 'string' ? value : texts.session.forgotten;
}
function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}


/** Times in events are microseconds since 1970; shown as RFC 3339. */
function moment(value: unknown): string {
  return typeof value === 'number' ? new Date(value / 1000).toISOString() : string(value);
}
