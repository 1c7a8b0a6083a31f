import { useState } from 'react';
import { write } from '../kernel/api/client';
import { type FileConflict, Problem } from '../kernel/api/problem';
import { useAction } from '../kernel/action';
import { type Decisions, decisionsOn, type FileChoice } from './FileConflicts';

interface Decided {
  /** Sends the wish; files that both sides changed are asked about and sent along the next time. */
  run(): Promise<boolean>;
  busy: boolean;
  /** A refusal that no choice mends. */
  problem: Problem | undefined;
  conflicts: readonly FileConflict[];
  decisions: Decisions;
  decide(path: string, choice: FileChoice): void;
  /** Forgets what was asked and decided. */
  clear(): void;
}

/** A change of files that may have to be decided path by path. */
export function useDecided<T>(path: string, wish: object, done: (answer: T) => unknown): Decided {
  const [conflicts, setConflicts] = useState<readonly FileConflict[]>([]);
  const [decisions, setDecisions] = useState<Decisions>({});
  const action = useAction(async () => {
    try {
      await done(await write<T>('POST', path, { ...wish, decisions: decisionsOn(conflicts, decisions) }));
    } catch (error) {
      // What is decided of files that nobody changed any more is refused: it is asked anew.
      if (error instanceof Problem && Object.keys(error.fields).some((pointer) => pointer.startsWith('/decisions'))) {
        setConflicts([]);
        setDecisions({});
      }
      if (!(error instanceof Problem) || error.code !== 'files_conflict') throw error;
      // Somebody may have changed more meanwhile; what was decided stays decided.
      setConflicts((old) => [...old.filter((one) => !error.conflicts.some(({ path }) => path === one.path)), ...error.conflicts]);
      throw error;
    }
  });
  const clear = () => {
    action.clear();
    setConflicts([]);
    setDecisions({});
  };
  const decide = (at: string, choice: FileChoice) => setDecisions((old) => ({ ...old, [at]: choice }));
  const problem = action.problem?.code === 'files_conflict' ? undefined : action.problem;
  return { run: action.run, busy: action.busy, problem, conflicts, decisions, decide, clear };
}
