import { useState } from 'react';
import { Branches } from '../files/Branches';
import { get, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Shown } from '../kernel/ui/Shown';
import { FileChanges } from '../session/FileChanges';
import { FileAt } from './FileAt';
import { LeftOut } from './LeftOut';
import { NameSnapshot } from './NameSnapshot';
import { type Snapshot, snapshotsAt, treeAt, useSnapshots } from './snapshots';
import '../files/files.css';
import './steps.css';

/** The files of a session as they were at a position, and what its last step until there changed. */
export function FilesAt({ session, position, mayWork }: { session: string; position: number; mayWork: boolean }) {
  const snapshots = useSnapshots(session);
  return (
    <div className="files-at">
      <Shown resource={snapshots}>
        {({ items, awaited }) => {
          const { now, before } = snapshotsAt(items, position);
          return (
            <>
              {awaited && now === items.at(-1) && <p className="small soft" role="status">{texts.steps.awaited}</p>}
              {!now && <p className="soft">{texts.steps.none}</p>}
              {now && !now.kept && <p className="soft">{texts.steps.released}</p>}
              {now?.kept && (
                <div className="row small">
                  {now.name && <span>{texts.snapshots.known(now.name)}</span>}
                  {mayWork && <NameSnapshot key={now.position} session={session} snapshot={now} alone onNamed={snapshots.reload} />}
                </div>
              )}
              {now?.kept && (now.left_out ?? 0) > 0 && <LeftOut key={`left-${now.position}`} session={session} position={now.position} count={now.left_out ?? 0} />}
              {now?.kept && <Changed session={session} now={now} before={before} />}
              {now?.kept && <Kept key={now.position} session={session} position={now.position} />}
            </>
          );
        }}
      </Shown>
    </div>
  );
}

function Changed({ session, now, before }: { session: string; now: Snapshot; before: Snapshot | undefined }) {
  const path = before?.kept ? `/api/v1/sessions/${session}/diff?from=${before.position}&to=${now.position}` : null;
  const diff = useResource(path, () => get<Schema['Diff']>(path ?? ''));
  return (
    <section className="stack-tight" aria-label={texts.steps.since}>
      <h2 className="part-title">{texts.steps.since}</h2>
      {!before && <p className="small soft">{texts.steps.first}</p>}
      {before && !before.kept && <p className="small soft">{texts.steps.released}</p>}
      {path && (
        <Shown resource={diff}>
          {({ items }) => (items.length === 0 ? <p className="small soft">{texts.steps.unchanged}</p> : <FileChanges files={items} />)}
        </Shown>
      )}
    </section>
  );
}

function Kept({ session, position }: { session: string; position: number }) {
  const [open, setOpen] = useState('');
  return (
    <section className="stack-tight" aria-label={texts.steps.tree}>
      <h2 className="part-title">{texts.steps.tree}</h2>
      <div className="files-at-panes">
        <div><Branches
          place={`${session}@${position}`}
          path=""
          read={(path) => treeAt(session, position, path)}
          file={(path, label) => <button type="button" className={path === open ? 'tree-row active' : 'tree-row'} aria-pressed={path === open} onClick={() => setOpen(path)}>{label}</button>}
        /></div>
        {open ? <FileAt key={open} session={session} position={position} path={open} /> : <p className="small soft">{texts.steps.choose}</p>}
      </div>
    </section>
  );
}
