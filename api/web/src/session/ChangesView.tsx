import { get, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Empty } from '../kernel/ui/Empty';
import { Shown } from '../kernel/ui/Shown';
import { FileChange } from './FileChange';
import { useInSession } from './SessionPage';

/** What the session changed: of each file its first state against its last. */
export function ChangesView() {
  const { session } = useInSession();
  const path = `/api/v1/sessions/${session.id}/diff`;
  const diff = useResource(path, () => get<Schema['Diff']>(path), (item) => item.type === 'agent_session.tool_call_completed' && item.stream.endsWith(session.id));
  return (
    <div className="page">
      <Shown resource={diff}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={texts.changes.none} text={texts.changes.noneText} />
          ) : (
            <>
              <h2>{texts.changes.summary(items.length)}</h2>
              {items.map((file) => <FileChange key={file.path} file={file} />)}
            </>
          )
        }
      </Shown>
    </div>
  );
}
