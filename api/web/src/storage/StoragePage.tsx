import { useState } from 'react';
import { useMe } from '../account/me';
import { type Schema, write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { bytes } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';
import { ProblemNotice } from '../kernel/ui/Notice';
import { useTitle } from '../kernel/ui/title';

type Swept = Schema['Swept'];

/** In the order in which they are of interest. */
const KINDS = ['live', 'removed', 'copies', 'young', 'later', 'moved', 'unreadable'] as const;

/** What the store of contents holds, what of it nothing needs any more, and removing that. */
export function StoragePage() {
  useTitle(texts.storage.title);
  const { platform_admin: admin } = useMe();
  const [swept, setSwept] = useState<Swept>();
  const [asking, setAsking] = useState(false);
  const sweep = useAction(async (dry_run: boolean) => setSwept(await write<Swept>('POST', '/api/v1/storage/sweep', { dry_run })));
  if (!admin) return <div className="page"><h1>{texts.storage.title}</h1><p>{texts.storage.others}</p></div>;
  return (
    <div className="page">
      <h1>{texts.storage.title}</h1>
      <p className="soft">{texts.storage.about}</p>
      <div className="row">
        <Button look={swept?.dry_run ? 'plain' : 'primary'} busy={sweep.busy} onClick={() => void sweep.run(true)}>{texts.storage.dryRun}</Button>
        {swept?.dry_run && <Button look="danger" onClick={() => setAsking(true)}>{texts.storage.sweep}</Button>}
      </div>
      {sweep.problem && !asking && <ProblemNotice problem={sweep.problem} />}
      {swept && <Result swept={swept} />}
      <FormDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={texts.storage.sweepTitle}
        text={texts.storage.sweepText(swept?.removed.objects ?? 0, bytes(swept?.removed.bytes ?? 0))}
        action={texts.storage.sweepAction}
        danger
        busy={sweep.busy}
        problem={sweep.problem}
        onSubmit={() => void sweep.run(false).then((done) => done && setAsking(false))}
      />
    </div>
  );
}

function Result({ swept }: { swept: Swept }) {
  return (
    <section className="card card-padded stack-tight" aria-label={swept.dry_run ? texts.storage.would : texts.storage.did}>
      <h2>{swept.dry_run ? texts.storage.would : texts.storage.did}</h2>
      <p role="status">
        {(swept.dry_run ? texts.storage.wouldText : texts.storage.didText)(swept.removed.objects, bytes(swept.removed.bytes))}{' '}
        {(swept.dry_run ? texts.storage.wouldRelease : texts.storage.didRelease)(swept.released)}
      </p>
      <div className="table-scroll" role="region" aria-label={texts.storage.sizes} tabIndex={0}>
        <table className="table">
          <thead><tr><th scope="col">{texts.storage.what}</th><th scope="col">{texts.storage.objects}</th><th scope="col">{texts.storage.size}</th></tr></thead>
          <tbody>
            {KINDS.map((kind) => {
              const [name, meaning] = texts.storage.kinds[kind];
              return (
                <tr key={kind}>
                  <td><strong>{(kind === 'removed' || kind === 'copies') && swept.dry_run ? texts.storage.to[kind] : name}</strong><br /><span className="soft">{meaning}</span></td>
                  <td>{swept[kind].objects.toLocaleString('en')}</td>
                  <td className="nowrap">{bytes(swept[kind].bytes)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
