import { Link } from 'react-router';
import { bytes } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Badge } from '../kernel/ui/Badge';
import { Empty } from '../kernel/ui/Empty';
import { Shown } from '../kernel/ui/Shown';
import { useInSession } from '../session/SessionPage';
import { NameSnapshot } from './NameSnapshot';
import { type Snapshot, useSnapshots } from './snapshots';
import './steps.css';

/** Every step whose files were kept: what it changed, how large, whether it is still there, and under which name. */
export function SnapshotsView() {
  const { session, mayWork } = useInSession();
  const snapshots = useSnapshots(session.id);
  return (
    <div className="page">
      <p className="soft">{texts.snapshots.about}</p>
      <Shown resource={snapshots}>
        {({ items, awaited, failed }) => (
          <>
            {awaited && <p className="small soft" role="status">{texts.steps.awaited}</p>}
            {failed.map(({ position, reason }) => (
              <p key={position} className="small soft" role="status">{texts.steps.notKept(position, texts.steps.captureFailures[reason] ?? reason)}</p>
            ))}
            {items.length === 0 ? (
              <Empty title={texts.snapshots.none} text={texts.snapshots.noneText} />
            ) : (
              <ol className="card list">
                {items.map((snapshot) => (
                  <li key={snapshot.position} className="fork-row">
                    <span className="grow">
                      <Link to={`/sessions/${session.id}/history?at=${snapshot.position}`}>{texts.snapshots.at(snapshot.position)}</Link>{' '}
                      {snapshot.name && <strong>{snapshot.name}</strong>} <span className="small soft">{facts(snapshot)}</span>
                    </span>
                    <Badge tone={snapshot.kept ? (snapshot.name ? 'good' : 'plain') : 'warn'}>{snapshot.kept ? (snapshot.name ? texts.snapshots.named : texts.snapshots.kept) : texts.snapshots.released}</Badge>
                    {mayWork && snapshot.kept && <NameSnapshot session={session.id} snapshot={snapshot} onNamed={snapshots.reload} />}
                  </li>
                ))}
              </ol>
            )}
          </>
        )}
      </Shown>
    </div>
  );
}

function facts({ cause, files, bytes: size, changed, left_out: left, late }: Snapshot): string {
  const known = [
    texts.snapshots.causes[cause] ?? cause,
    changed != null && texts.steps.changed(changed),
    files != null && size != null && texts.snapshots.whole(files, bytes(size)),
    left != null && left > 0 && texts.snapshots.leftOut(left),
    late && texts.snapshots.late,
  ];
  return known.filter(Boolean).join(' · ');
}
