import { useState } from 'react';
import { useNavigate } from 'react-router';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextArea } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import type { Session } from '../session/sessions';

/** Another way from an event on, in a session of its own. */
export function ForkHere({ session, position }: { session: string; position: number }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const [message, setMessage] = useState('');
  const fork = useAction(async () => {
    const said = message.trim();
    const made = await write<Session>('POST', `/api/v1/sessions/${session}/fork`, { at: position, ...(said ? { message: said } : {}) });
    await navigate(`/sessions/${made.id}`);
  });
  return (
    <>
      <Button small look="primary" onClick={() => setAsking(true)}>{texts.steps.fork}</Button>
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.steps.forkTitle} text={texts.steps.forkText} action={texts.steps.forkAction} busy={fork.busy} problem={fork.problem} onSubmit={() => void fork.run()}>
        <TextArea label={texts.steps.forkMessage} hint={texts.steps.forkHint} value={message} rows={3} onChange={(event) => setMessage(event.target.value)} />
      </FormDialog>
    </>
  );
}
