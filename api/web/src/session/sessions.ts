import { get, getAll, type Schema } from '../kernel/api/client';
import { type Resource, useResource } from '../kernel/live/resource';
import { thenAt } from '../past/lookBack';

export type Session = Schema['Session'];
export type Status = 'queued' | 'running' | 'waiting_approval' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'limit_reached';

/** Changes of a session that a list shows. */
const SHOWN = /^agent_session\.(requested|run_started|approval_|requeued|paused|resumed|cancel|completed|failed|limit_reached)/;

export function useSessions(project: string, at: string | null = null): Resource<Session[]> {
  const path = thenAt(`/api/v1/projects/${project}/sessions?order=desc`, at);
  return useResource(path, () => getAll<Session>(path), (item) => item.project_id === project && SHOWN.test(item.type));
}

export function useSession(id: string): Resource<Session> {
  const path = `/api/v1/sessions/${id}`;
  return useResource(path, () => get<Session>(path), (item) => item.stream === `agent_session-${id}` && item.type === 'agent_session.workspace_discarded');
}

export function finished(status: string): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled' || status === 'limit_reached';
}
