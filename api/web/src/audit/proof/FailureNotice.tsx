import { useState } from 'react';
import { moment } from '../../kernel/text/format';
import { texts } from '../../kernel/text/texts';
import { Button } from '../../kernel/ui/Button';
import { FormDialog } from '../../kernel/ui/FormDialog';
import { Notice } from '../../kernel/ui/Notice';
import { remembered } from './memory';
import type { Failure, Seal } from './useSeal';

/** What did not hold, from which position on, what that means and what to do. */
export function FailureNotice({ failure, seal }: { failure: Failure; seal?: Seal }) {
  const [title = '', meaning = ''] = texts.seal.faults[failure.fault] ?? [];
  const memory = remembered();
  const newest = memory?.seen.at(-1);
  const known = memory?.keys.at(-1);
  return (
    <Notice tone="bad" alert>
      <div className="stack-tight grow">
        <h3>{title}</h3>
        <p><strong>{where(failure)}</strong> {meaning}</p>
        {(failure.fault === 'key' || failure.fault === 'journal') && <p>{texts.seal.keys(failure.keys.known.join(', '), failure.keys.came.join(', '))}</p>}
        {seal && newest && <p className="small">{texts.seal.seenAt(newest.size, moment(new Date(newest.verified).toISOString()))}</p>}
        <p className="small">{texts.seal.todo}</p>
        <pre className="pre" role="region" tabIndex={0} aria-label={texts.seal.commands}>{`opensail audit verify${known ? `\nOPENSAIL_URL=${location.origin} OPENSAIL_TOKEN=… opensail audit verify --key ${known}` : ''}`}</pre>
        {seal && memory && (
          <>
            <p className="small">{texts.seal.ask}</p>
            <BeginAnew seal={seal} />
          </>
        )}
      </div>
    </Notice>
  );
}

function where({ fault, first, last }: Failure): string {
  if (fault === 'rolled-back' || fault === 'restored') return texts.seal.gone(first, last);
  if (fault === 'rewritten') return texts.seal.between(first, last);
  if (fault === 'shown' || fault === 'event' || fault === 'proof') return texts.seal.first(first);
  return last > 0 ? texts.seal.unproven(last) : texts.seal.nothing;
}

function BeginAnew({ seal }: { seal: Seal }) {
  const [asking, setAsking] = useState(false);
  const done = () => {
    setAsking(false);
    seal.anew();
  };
  return (
    <div>
      <Button small look="danger" onClick={() => setAsking(true)}>{texts.seal.anew}</Button>
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.seal.anewTitle} text={texts.seal.anewText} action={texts.seal.anewAction} danger busy={false} problem={undefined} onSubmit={done} />
    </div>
  );
}
