import { NavLink, Outlet, useOutletContext, useParams } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Crumbs } from '../kernel/ui/Crumbs';
import { ProblemNotice } from '../kernel/ui/Notice';
import { Shown } from '../kernel/ui/Shown';
import { useTitle } from '../kernel/ui/title';
import { useProject } from '../project/projects';
import { OriginLine } from '../steps/OriginLine';
import { mayWork, useTeams } from '../team/teams';
import { CancelSession } from './CancelSession';
import type { Conversation } from './conversation';
import { SessionStatus } from './SessionStatus';
import { finished, type Session, useSession } from './sessions';
import { UsageLine } from './UsageLine';
import { useConversation } from './useConversation';
import './session.css';

export interface InSession {
  session: Session;
  conversation: Conversation;
  complete: boolean;
  mayWork: boolean;
}

export function useInSession(): InSession {
  return useOutletContext<InSession>();
}

export function SessionPage() {
  const { sessionId = '' } = useParams();
  const session = useSession(sessionId);
  return <Shown resource={session}>{(value) => <Page key={value.id} session={value} />}</Shown>;
}

function Page({ session }: { session: Session }) {
  const { conversation, complete, problem } = useConversation(session.id);
  const { all } = useTeams();
  const project = useProject(session.project_id).value;
  useTitle(session.title);
  const path = `/sessions/${session.id}`;
  const status = complete ? conversation.status : session.status;
  const works = mayWork(all.find((team) => team.id === session.team_id));
  const context: InSession = { session, conversation, complete, mayWork: works };
  return (
    <div className="session">
      <header className="session-head">
        <Crumbs places={[['/projects', texts.project.title], [`/projects/${session.project_id}`, project?.name ?? '…']]} />
        <div className="row-between">
          <h1 className="grow session-title">{session.title}</h1>
          <span role="status"><SessionStatus status={status} /></span>
          {works && !finished(status) && <CancelSession session={session.id} requested={conversation.cancelRequested} />}
        </div>
        {session.origin && <OriginLine origin={session.origin} />}
        <UsageLine conversation={complete ? conversation : undefined} session={session} />
        <nav className="tabs" aria-label={texts.session.views}>
          <NavLink end to={path}>{texts.session.conversation}</NavLink>
          <NavLink to={`${path}/changes`}>{texts.session.changes}</NavLink>
          <NavLink to={`${path}/history`}>{texts.session.history}</NavLink>
          <NavLink to={`${path}/snapshots`}>{texts.snapshots.tab}</NavLink>
          <NavLink to={`${path}/forks`}>{texts.session.forks}</NavLink>
        </nav>
      </header>
      {problem && <ProblemNotice problem={problem} />}
      <Outlet context={context} />
    </div>
  );
}
