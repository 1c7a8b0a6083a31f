import { useState } from 'react';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';

/** Throws a fork's copy of the files away. */
export function DiscardFork({ session }: { session: string }) {
  const [asking, setAsking] = useState(false);
  const discard = useAction(() => write('POST', `/api/v1/sessions/${session}/discard`));
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>{texts.forks.discard}</Button>
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.forks.discardTitle} text={texts.forks.discardText} action={texts.forks.discardAction} danger busy={discard.busy} problem={discard.problem} onSubmit={() => void discard.run().then((done) => done && setAsking(false))} />
    </>
  );
}
