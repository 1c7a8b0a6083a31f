import type { FileConflict } from '../kernel/api/problem';
import { texts } from '../kernel/text/texts';
import { Choice } from '../kernel/ui/Field';
import { Notice } from '../kernel/ui/Notice';

export type FileChoice = 'keep' | 'take' | 'marked';
export type Decisions = Readonly<Record<string, FileChoice>>;

/** What becomes of each path; what nobody decided stays as it is. */
export function decisionsOn(conflicts: readonly FileConflict[], made: Decisions): Record<string, FileChoice> {
  return Object.fromEntries(conflicts.map(({ path }) => [path, made[path] ?? 'keep']));
}

interface Props {
  conflicts: readonly FileConflict[];
  decisions: Decisions;
  onDecide(path: string, choice: FileChoice): void;
}

/** Files that both sides changed, each to be decided. */
export function FileConflicts({ conflicts, decisions, onDecide }: Props) {
  if (conflicts.length === 0) return null;
  return (
    <>
      <Notice tone="warn" alert><p>{texts.steps.conflicts}</p></Notice>
      {conflicts.map((conflict) => (
        <div key={conflict.path} className="stack-tight">
          <Choice
            legend={conflict.path}
            options={options(conflict)}
            value={decisions[conflict.path] ?? 'keep'}
            hint={conflict.ours && conflict.theirs ? undefined : texts.steps.gone(conflict.ours)}
            onChange={(choice) => onDecide(conflict.path, choice)}
          />
          {conflict.marked !== null && (
            <details>
              <summary className="small">{texts.steps.seeMarked}</summary>
              <pre className="pre pre-tall" role="region" tabIndex={0} aria-label={texts.steps.marked(conflict.path)}>{conflict.marked}</pre>
            </details>
          )}
        </div>
      ))}
    </>
  );
}

function options({ marked }: FileConflict): readonly (readonly [FileChoice, string])[] {
  const { keep, take, marked: both } = texts.steps.choices;
  return [['keep', keep], ['take', take], ...(marked === null ? [] : [['marked', both] as const])];
}
