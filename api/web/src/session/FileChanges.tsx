import type { Schema } from '../kernel/api/client';
import { texts } from '../kernel/text/texts';
import { FileChange } from './FileChange';

type File = Schema['FileDiff'];

/** A `.git` with all that lies beneath it. */
const REPOSITORY = /^(?:.*?\/)?\.git(?=\/)/;

/** Every changed file; what a repository keeps for itself is one line that can be opened. */
export function FileChanges({ files }: { files: readonly File[] }) {
  return grouped(files).map(({ repository, own }) =>
    repository === undefined ? (
      own.map((file) => <FileChange key={file.path} file={file} />)
    ) : (
      <details key={repository} className="card card-padded stack-tight">
        <summary><span className="mono">{repository}</span> <span className="small soft">{texts.changes.repository(own.length)}</span></summary>
        {own.map((file) => <FileChange key={file.path} file={file} />)}
      </details>
    ),
  );
}

/** In order, those of one repository together where its first stands. */
export function grouped(files: readonly File[]): { repository: string | undefined; own: File[] }[] {
  const groups = new Map<string, { repository: string | undefined; own: File[] }>();
  for (const file of files) {
    const repository = REPOSITORY.exec(file.path)?.[0];
    const key = repository ?? `/${file.path}`;
    const group = groups.get(key) ?? { repository, own: [] };
    group.own.push(file);
    groups.set(key, group);
  }
  return [...groups.values()];
}
