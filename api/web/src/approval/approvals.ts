import { useEffect } from 'react';
import { getAll, type Schema, write } from '../kernel/api/client';
import { type Resource, useResource } from '../kernel/live/resource';
import { setWaiting } from '../kernel/ui/title';

export type Approval = Schema['Approval'];
export type Decision = Schema['Decision'];

/** What may end or begin a question. */
const CONCERNS = /^agent_session\.(approval_|cancelled|completed|failed|limit_reached)/;

/** The open questions of all of one's teams; their number stands in the tab's title. */
export function useApprovals(): Resource<Approval[]> {
  const approvals = useResource('approvals', () => getAll<Approval>('/api/v1/approvals'), (item) => CONCERNS.test(item.type));
  const count = approvals.value?.length ?? 0;
  useEffect(() => setWaiting(count), [count]);
  useEffect(() => () => setWaiting(0), []);
  return approvals;
}

export function answer(session: string, approval: string, decision: Decision, reason: string): Promise<unknown> {
  const body = reason.trim() ? { decision, reason: reason.trim() } : { decision };
  return write('POST', `/api/v1/sessions/${session}/approvals/${approval}`, body);
}
