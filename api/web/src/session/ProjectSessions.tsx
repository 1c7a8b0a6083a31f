import { Link, useNavigate } from 'react-router';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { ago } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Empty } from '../kernel/ui/Empty';
import { ProblemNotice } from '../kernel/ui/Notice';
import { ParkedMark } from '../kernel/ui/ParkedMark';
import { Shown } from '../kernel/ui/Shown';
import { ModelNotice } from '../model/ModelNotice';
import { useModel } from '../model/model';
import { LookBack } from '../past/LookBack';
import { useLookBack } from '../past/lookBack';
import { useInProject } from '../project/ProjectPage';
import { mayWork } from '../team/teams';
import { SessionStatus } from './SessionStatus';
import { StartSession } from './StartSession';
import { type Session, useSessions } from './sessions';

/** The sessions of a project, and a new one. */
export function ProjectSessions() {
  const { project, team } = useInProject();
  const model = useModel().value;
  const { at } = useLookBack();
  const sessions = useSessions(project.id, at);
  const ready = at === null && project.status === 'ready' && mayWork(team);
  return (
    <div className="stack">
      {model && !model.configured && <ModelNotice model={model}>{ready && <Tour project={project.id} />}</ModelNotice>}
      {ready && <StartSession project={project.id} model={model} />}
      <LookBack />
      <Shown resource={sessions}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={texts.session.none} text={texts.session.noneText} />
          ) : (
            <ul className="card list" aria-label={texts.project.sessions}>
              {all.map((session) => <li key={session.id}><Row session={session} /></li>)}
            </ul>
          )
        }
      </Shown>
    </div>
  );
}

function Tour({ project }: { project: string }) {
  const navigate = useNavigate();
  const start = useAction(async () => {
    const session = await write<Session>('POST', `/api/v1/projects/${project}/sessions`, { task: texts.model.tourTask });
    await navigate(`/sessions/${session.id}`);
  });
  return (
    <>
      <Button look="primary" busy={start.busy} onClick={() => void start.run()}>{texts.model.tour}</Button>
      {start.problem && <ProblemNotice problem={start.problem} />}
    </>
  );
}

function Row({ session }: { session: Session }) {
  return (
    <Link className="list-link" to={`/sessions/${session.id}`}>
      <span className="grow cut"><strong>{session.title}</strong></span>
      <span className="small soft">{session.model} · {ago(session.created_at)}</span>
      <ParkedMark stream={`agent_session-${session.id}`} />
      <SessionStatus status={session.status} />
    </Link>
  );
}
