import { describe, expect, it } from 'vitest';
import type { EventItem } from '../kernel/live/event';
import { type Conversation, EMPTY } from './conversation';
import { fold, foldDelta } from './fold';

let position = 0;
function item(type: string, data: Record<string, unknown>): EventItem {
  position += 1;
  return {
    event_id: `e${position}`, position, tenant_position: position, stream: 'agent_session-s', stream_version: position, type: `agent_session.${type}`, version: 1,
    time: '2026-01-01T00:00:00.000000Z', actor: { kind: 'user', id: 'u', name: 'Ada' }, team_id: 't', project_id: 'p',
    command_id: 'c', correlation_id: 'k', causation_id: null, data,
  };
}

const requested = () => item('requested', { task: 'Build', title: 'Build', model: 'm', edit_mode: 'ask', budget: { max_steps: 5 } });
const started = (turn: number, attempt = 1) => item('turn_started', { turn, attempt });
const completed = (turn: number, text: string, calls: { call_id: string; tool: string; arguments: string }[] = []) =>
  item('turn_completed', { turn, attempt: 1, answer: { text, tool_calls: calls }, calls, tokens: { input: 10, output: 2 }, micro_usd: 7, duration_ms: 5 });
const call = { call_id: '1-1', tool: 'bash_exec', arguments: '{"command":"ls"}' };
const asked = () => item('approval_requested', { approval_id: 'a', call_id: '1-1', tool: 'bash_exec', preview: 'ls', expires_at: 1_000_000 });
const kinds = (state: Conversation) => state.entries.map((entry) => entry.kind);

describe('folding events', () => {
  it('tells a session from its task to its end', () => {
    const state = fold(EMPTY, [
      requested(), item('run_started', { run: 1, worker: 'w' }), started(1), completed(1, 'I run it.', [call]), asked(),
      item('approval_answered', { approval_id: 'a', decision: 'allow_once', answered_by: 'u' }),
      item('tool_call_started', { call_id: '1-1', tool: 'bash_exec', effect: 'shell' }),
      item('tool_call_completed', { call_id: '1-1', tool: 'bash_exec', outcome: 'ok', output: 'a', exit_code: 0, duration_ms: 3 }),
      started(2), completed(2, 'Done.'), item('completed', {}),
    ]);
    expect(kinds(state)).toEqual(['user', 'agent', 'tool', 'agent', 'notice']);
    expect(state).toMatchObject({ status: 'completed', approvalId: null, usage: { steps: 2, inputTokens: 20, outputTokens: 4, microUsd: 14, workMs: 13 } });
    expect(state.entries[2]).toMatchObject({ state: 'done', output: 'a', exitCode: 0, approval: { decision: 'allow_once', by: 'Ada' } });
  });

  it('waits while a question is open', () => {
    const state = fold(EMPTY, [requested(), started(1), completed(1, '', [call]), asked()]);
    expect(state).toMatchObject({ status: 'waiting_approval', approvalId: 'a' });
    expect(state.entries.at(-1)).toMatchObject({ kind: 'tool', state: 'waiting', approval: { preview: 'ls', expires: '1970-01-01T00:00:01.000Z' } });
  });

  it('is the same in one piece, event by event, and with repeats', () => {
    const events = [requested(), started(1), completed(1, 'x', [call]), asked(), item('cancelled', {})];
    const whole = fold(EMPTY, events);
    expect(events.reduce((state, event) => fold(fold(state, [event]), [event]), EMPTY)).toEqual(whole);
    expect(fold(whole, events)).toBe(whole);
  });

  it('writes a turn piece by piece and drops it for the durable one', () => {
    let state = fold(EMPTY, [requested(), started(1)]);
    const delta = (offset: number, text: string, attempt = 1) => foldDelta(state, { session_id: 's', turn: 1, attempt, offset, text });
    state = delta(0, 'Grü');
    state = delta(4, 'ße');
    expect(state.entries.at(-1)).toMatchObject({ text: 'Grüße', writing: true });
    expect(delta(99, 'gap')).toBe(state);
    expect(delta(0, 'old', 2)).toBe(state);
    state = delta(0, 'Grüße!');
    state = fold(state, [completed(1, 'Grüße!')]);
    expect(state.entries.filter((entry) => entry.kind === 'agent')).toMatchObject([{ text: 'Grüße!', writing: false }]);
  });

  it('keeps writing when somebody says something meanwhile, and throws a failed attempt away', () => {
    let state = fold(EMPTY, [requested(), started(1), item('message_added', { message_id: 'm', text: 'Hurry', added_by: 'u' })]);
    state = foldDelta(state, { session_id: 's', turn: 1, attempt: 1, offset: 0, text: 'half' });
    expect(state.entries[1]).toMatchObject({ kind: 'agent', text: 'half' });
    state = fold(state, [item('turn_failed', { turn: 1, attempt: 1, code: 'timeout', detail: 'slow', retryable: true, duration_ms: 1 }), started(1, 2)]);
    expect(kinds(state)).toEqual(['user', 'user', 'notice', 'agent']);
    expect(state.entries.at(-1)).toMatchObject({ text: '', writing: true });
  });

  it('tells a restart of the server, and no other new run', () => {
    const run = (worker: string) => item('run_started', { run: 1, worker });
    const kept = fold(EMPTY, [requested(), run('a'), started(1), run('a'), item('completed', {}), item('requeued', {}), run('b')]);
    expect(kinds(kept)).toEqual(['user', 'notice']);
    expect(fold(kept, [started(2), run('c')]).entries.at(-1)).toMatchObject({ kind: 'notice', code: 'resumed' });
  });

  it('says when private text was forgotten', () => {
    const state = fold(EMPTY, [item('requested', { task: null, title: null, model: 'm', edit_mode: 'ask', budget: {} })]);
    expect(state.entries[0]).toMatchObject({ text: '(forgotten)' });
  });

  it('goes back to where it was, and forth again', () => {
    const turns = [requested(), started(1), completed(1, 'one'), started(2), completed(2, 'two'), item('completed', {})];
    const [, , one, , , end] = turns.map((event) => event.stream_version);
    const texts = (state: Conversation) => state.entries.flatMap((entry) => (entry.kind === 'agent' ? [entry.text] : []));
    const back = fold(fold(EMPTY, turns), [item('undo_started', { to: one }), item('undone', { to: one, changed: 1 })]);
    expect(texts(back)).toEqual(['one']);
    expect(back).toMatchObject({ status: 'completed', usage: { steps: 2 } });
    expect(back.entries.at(-1)).toMatchObject({ kind: 'notice', code: 'undone', detail: expect.stringMatching(/^to event \d+, 1 file changed; as it was before it is at event \d+$/) as string });
    expect(texts(fold(back, [item('undone', { to: end, changed: 1 })]))).toEqual(['one', 'two']);
  });

  it('begins a fork with what was said before it', () => {
    const conversation = [
      { role: 'user', text: 'Build' },
      { role: 'assistant', text: 'I run it.', tool_calls: [call] },
      { role: 'tool', call_id: '1-1', tool: 'bash_exec', outcome: 'ok', output: 'a' },
    ];
    const state = fold(EMPTY, [requested(), item('forked', { session_id: 'o', version: 3, conversation, turn: 1, attempts: 1, answered: false })]);
    expect(kinds(state)).toEqual(['user', 'agent', 'tool', 'notice']);
    expect(state.entries[2]).toMatchObject({ state: 'done', outcome: 'ok', output: 'a' });
    expect(fold(state, [item('completed', {})]).status).toBe('completed');
    expect(state.status).toBe('queued');
  });

  it('tells of files that could not be kept when it happens, and why', () => {
    const failed = item('capture_failed', { version: 1, call_id: '1-0', reason: 'store_full', detail: 'no room is left in the store' });
    const told = fold(EMPTY, [requested(), started(1), failed]);
    expect(told.entries.at(-1)).toMatchObject({ kind: 'notice', code: 'capture_failed', tone: 'warn', detail: 'no room is left on the disk of the server' });
    expect(told.status).toBe('running');
  });

  it('tells of a fork that was merged in, and goes back to before it', () => {
    const turns = [requested(), started(1), completed(1, 'one'), item('completed', {})];
    const merge = [item('fork_merge_started', { fork: 'f', before: 'b' }), item('fork_merged', { fork: 'f', theirs: 't', before: 'b', changed: 2 })];
    const merged = fold(fold(EMPTY, turns), merge);
    expect(merged.entries.at(-1)).toMatchObject({ kind: 'notice', code: 'fork_merged', detail: '2 files changed', tone: 'good' });
    expect(merged.status).toBe('completed');
    const back = fold(merged, [item('undone', { to: merge[0]?.stream_version, changed: 2 })]);
    expect(back.entries.some((entry) => entry.kind === 'notice' && entry.code === 'fork_merged')).toBe(false);
  });

  it('folds ten thousand events without haste', () => {
    const events = Array.from({ length: 5000 }, (_, turn) => [started(turn + 1), completed(turn + 1, 'x')]).flat();
    expect(fold(EMPTY, events).entries).toHaveLength(5000);
  });
});
