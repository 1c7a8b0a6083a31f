import { useState } from 'react';
import { Link } from 'react-router';
import { get, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Empty } from '../kernel/ui/Empty';
import { Shown } from '../kernel/ui/Shown';
import { useInSession } from '../session/SessionPage';
import { SessionStatus } from '../session/SessionStatus';
import { finished, type Session } from '../session/sessions';
import { DiscardFork } from './DiscardFork';
import { MergeBack, MergedNotice } from './MergeBack';
import './steps.css';

/** What changes the tree of forks, or the states in it. */
const FORKS = /^agent_session\.(forked|requeued|run_started|completed|failed|cancelled|limit_reached|workspace_discarded)$/;

/** Where a session comes from, what was forked from it, and what may become of a fork. */
export function ForksView() {
  const { session, conversation, mayWork } = useInSession();
  const [merged, setMerged] = useState<Schema['Merged']>();
  const path = `/api/v1/sessions/${session.id}/forks`;
  const forks = useResource(path, () => get<Schema['Forks']>(path), (item) => item.project_id === session.project_id && FORKS.test(item.type));
  const settled = mayWork && session.origin && !session.discarded && finished(conversation.status);
  return (
    <div className="page">
      {session.discarded && <p className="soft" role="status">{texts.forks.discarded}</p>}
      {settled && <div className="row"><MergeBack session={session.id} onMerged={setMerged} /> <DiscardFork session={session.id} /></div>}
      {merged && <MergedNotice merged={merged} />}
      <Shown resource={forks}>
        {({ items }) =>
          items.length < 2 ? (
            <Empty title={texts.forks.none} text={texts.forks.noneText} />
          ) : (
            <section className="stack-tight" aria-label={texts.forks.tree}>
              <h2>{texts.forks.tree}</h2>
              <ul className="card list">
                {inTree(items).map(({ fork, depth }) => <li key={fork.id} style={{ paddingLeft: `calc(var(--s4) * ${depth})` }}><Row fork={fork} here={session.id} /></li>)}
              </ul>
            </section>
          )
        }
      </Shown>
    </div>
  );
}

function Row({ fork, here }: { fork: Session; here: string }) {
  const own = fork.id === here;
  return (
    <div className="fork-row">
      <span className="grow">
        {own ? <strong>{fork.title}</strong> : <Link to={`/sessions/${fork.id}`}>{fork.title}</Link>}{' '}
        <span className="small soft">
          {fork.origin && <Link to={`/sessions/${fork.origin.session_id}/history?version=${fork.origin.version}`}>{fork.origin.position ? texts.forks.atEvent(fork.origin.position) : texts.forks.atItsEvent(fork.origin.version)}</Link>}
          {own && <> · {texts.forks.this}</>}
          {fork.discarded && <> · {texts.forks.discarded}</>}
        </span>
      </span>
      {!own && <Link className="button button-small" aria-label={texts.forks.compareWith(fork.title)} to={`/sessions/${here}/compare?with=${fork.id}`}>{texts.forks.compare}</Link>}
      <SessionStatus status={fork.status} />
    </div>
  );
}

/** Each beneath the one it comes from. */
function inTree(all: readonly Session[]): { fork: Session; depth: number }[] {
  const known = new Set(all.map(({ id }) => id));
  const beneath = (origin: string | null, depth: number): { fork: Session; depth: number }[] =>
    all
      .filter((fork) => (fork.origin && known.has(fork.origin.session_id) ? fork.origin.session_id : null) === origin)
      .flatMap((fork) => [{ fork, depth }, ...beneath(fork.id, depth + 1)]);
  return beneath(null, 0);
}
