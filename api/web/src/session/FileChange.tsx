import type { Schema } from '../kernel/api/client';
import { texts } from '../kernel/text/texts';
import { Badge } from '../kernel/ui/Badge';
import { Diff } from '../kernel/ui/Diff';

/** What became of a file, line by line. */
export function FileChange({ file }: { file: Schema['FileDiff'] }) {
  return (
    <section className="card card-padded stack-tight" aria-label={file.path}>
      <div className="row">
        <h3 className="mono grow file-name">{file.path}</h3>
        {file.from_path && <span className="small soft">{texts.changes.renamed(file.from_path)}</span>}
        {file.diff && <span className="small"><span className="added">+{file.lines_added}</span> <span className="bad">−{file.lines_removed}</span></span>}
        <Badge tone="plain">{texts.changes.kinds[file.change] ?? file.change}</Badge>
      </div>
      {file.kind_before && file.kind_after && <p className="small soft">{texts.changes.type(file.kind_before, file.kind_after)}</p>}
      {file.mode_before && file.mode_after && file.mode_before !== file.mode_after && <p className="small soft">{texts.changes.mode(file.mode_before, file.mode_after)}</p>}
      <Content file={file} />
    </section>
  );
}

function Content({ file }: { file: Schema['FileDiff'] }) {
  if (file.diff) return <Diff text={file.diff} label={texts.changes.differences(file.path)} />;
  const why = file.no_diff && texts.changes.noDiff[file.no_diff];
  // Nothing but its name or its permissions is another, where there is nothing to say.
  return why ? <p className="soft">{why}</p> : null;
}
