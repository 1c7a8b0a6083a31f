import { get, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Empty } from '../kernel/ui/Empty';
import { Shown } from '../kernel/ui/Shown';
import { type Snapshots, useSnapshots } from '../steps/snapshots';
import { FileChanges } from './FileChanges';
import { useInSession } from './SessionPage';

/** What became of the files since the session began, by whatever and whomever. */
export function ChangesView() {
  const { session } = useInSession();
  const snapshots = useSnapshots(session.id);
  return <div className="page"><Shown resource={snapshots}>{(known) => <Changes session={session.id} known={known} />}</Shown></div>;
}

function Changes({ session, known }: { session: string; known: Snapshots }) {
  const kept = known.items.filter((snapshot) => snapshot.kept);
  const [first, last] = [kept[0], kept.at(-1)];
  const path = `/api/v1/sessions/${session}/diff`;
  // Without files of any step only what its file tools said is known.
  const between = first && last ? `${path}?from=${first.position}&to=${last.position}` : path;
  const tools = (item: { type: string; stream: string }) => !first && item.type === 'agent_session.tool_call_completed' && item.stream.endsWith(session);
  const diff = useResource(between, () => get<Schema['Diff']>(between), tools);
  return (
    <>
      {known.awaited && <p className="small soft" role="status">{texts.steps.awaited}</p>}
      <Shown resource={diff}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={texts.changes.none} text={first ? texts.changes.noneText : texts.changes.noneKept} />
          ) : (
            <>
              <h2>{texts.changes.summary(items.length)}</h2>
              <FileChanges files={items} />
            </>
          )
        }
      </Shown>
    </>
  );
}
