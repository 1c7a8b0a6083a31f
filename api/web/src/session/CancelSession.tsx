import { useState } from 'react';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';

export function CancelSession({ session, requested }: { session: string; requested: boolean }) {
  const [asking, setAsking] = useState(false);
  const cancel = useAction(() => write('POST', `/api/v1/sessions/${session}/cancel`));
  return (
    <>
      <Button small look="danger" disabled={requested} onClick={() => setAsking(true)}>{requested ? texts.session.stopping : texts.session.stop}</Button>
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.session.stopTitle} text={texts.session.stopText} action={texts.session.stopAction} dismiss={texts.session.keep} danger busy={cancel.busy} problem={cancel.problem} onSubmit={() => void cancel.run().then((done) => done && setAsking(false))} />
    </>
  );
}
