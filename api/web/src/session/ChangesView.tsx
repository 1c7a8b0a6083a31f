import { get, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Badge } from '../kernel/ui/Badge';
import { Diff } from '../kernel/ui/Diff';
import { Empty } from '../kernel/ui/Empty';
import { Shown } from '../kernel/ui/Shown';
import { useInSession } from './SessionPage';

type FileDiff = Schema['FileDiff'];

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
              {items.map((file) => <File key={file.path} file={file} />)}
            </>
          )
        }
      </Shown>
    </div>
  );
}

function File({ file }: { file: FileDiff }) {
  return (
    <section className="card card-padded stack-tight" aria-label={file.path}>
      <div className="row">
        <h3 className="mono grow">{file.path}</h3>
        <span className="small"><span className="added">+{file.lines_added}</span> <span className="bad">−{file.lines_removed}</span></span>
        <Badge tone="plain">{texts.changes.kinds[file.change] ?? file.change}</Badge>
      </div>
      {file.diff ? <Diff text={file.diff} label={texts.changes.differences(file.path)} /> : <p className="soft">{file.binary ? texts.changes.binary : texts.changes.missing}</p>}
    </section>
  );
}
