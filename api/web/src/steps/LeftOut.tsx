import { useState } from 'react';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Shown } from '../kernel/ui/Shown';
import { PathReasons } from './PathReasons';
import { treeAt } from './snapshots';

/** What the files of a moment leave out, and why; looked up when somebody wants to know. */
export function LeftOut({ session, position, count }: { session: string; position: number; count: number }) {
  const [open, setOpen] = useState(false);
  const tree = useResource(open ? `left-out:${session}@${position}` : null, () => treeAt(session, position, ''));
  return (
    <details className="small" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.steps.leftOut(count)}</summary>
      {open && (
        <Shown resource={tree}>
          {({ left_out: paths, left_out_count: all }) => (
            <>
              <PathReasons label={texts.steps.leftOut(all)} paths={paths.map(({ path, why }) => ({ path, why: texts.steps.whyLeftOut[why] ?? why }))} />
              {all > paths.length && <p className="soft">{texts.steps.andMore(all - paths.length)}</p>}
            </>
          )}
        </Shown>
      )}
    </details>
  );
}
