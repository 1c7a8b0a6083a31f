import type { Schema } from '../kernel/api/client';
import { texts } from '../kernel/text/texts';
import { PathReasons } from './PathReasons';

/** Paths that an undo or a merge could not change. */
export function Refused({ paths }: { paths: readonly Schema['RefusedPath'][] }) {
  if (paths.length === 0) return null;
  return (
    <>
      <p>{texts.steps.refused(paths.length)}</p>
      <PathReasons label={texts.steps.refused(paths.length)} paths={paths.map(({ path, reason }) => ({ path, why: texts.steps.whyRefused[reason] ?? reason }))} />
    </>
  );
}
