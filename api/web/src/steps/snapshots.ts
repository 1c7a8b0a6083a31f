import { get, type Schema } from '../kernel/api/client';
import { type Resource, useResource } from '../kernel/live/resource';

export type Snapshot = Schema['Snapshot'];
export type Snapshots = Schema['Snapshots'];

/** Whatever may give a session other snapshots, or take them away. */
const SNAPSHOTS = /^agent_session\.(workspace_captured|capture_failed|forked|undo_started|undone|merge_started|fork_merge_started|fork_merged|run_started|tool_call_completed|snapshot_named|snapshots_released)$/;

/** The steps of a session that have files of their own, in order. */
export function useSnapshots(session: string): Resource<Snapshots> {
  const path = `/api/v1/sessions/${session}/snapshots`;
  return useResource(path, () => get<Snapshots>(path), (item) => item.stream === `agent_session-${session}` && SNAPSHOTS.test(item.type));
}

/** The one in force at a position, and the one before it. */
export function snapshotsAt(all: readonly Snapshot[], position: number): { now?: Snapshot | undefined; before?: Snapshot | undefined } {
  const at = all.findLastIndex((snapshot) => snapshot.position <= position);
  return { now: all[at], before: all[at - 1] };
}

export function treeAt(session: string, position: number, path: string): Promise<Schema['SessionTree']> {
  return get(`/api/v1/sessions/${session}/tree?at=${position}&path=${encodeURIComponent(path)}`);
}

/** Where a file lies as it was. */
export function fileAt(session: string, position: number, path: string): string {
  return `/api/v1/sessions/${session}/files/${path.split('/').map(encodeURIComponent).join('/')}?at=${position}`;
}
