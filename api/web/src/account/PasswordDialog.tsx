import { useState } from 'react';
import { send } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import { useMe } from './me';

export function PasswordDialog({ open, onClose, onDone }: { open: boolean; onClose: () => void; onDone: () => void }) {
  const me = useMe();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useAction(() =>
    send('/api/v1/auth/password', { method: 'POST', json: { current_password: current || null, new_password: next } }),
  );
  const close = () => {
    setCurrent('');
    setNext('');
    change.clear();
    onClose();
  };
  return (
    <FormDialog
      open={open}
      onClose={close}
      title={texts.account.passwordTitle}
      text={texts.account.passwordText}
      action={texts.account.passwordTitle}
      busy={change.busy}
      problem={change.problem}
      onSubmit={() => void change.run().then((done) => done && (close(), onDone()))}
    >
      <input className="hidden" type="text" autoComplete="username" readOnly value={me.email} aria-hidden="true" tabIndex={-1} />
      <TextField label={texts.account.currentPassword} hint={texts.account.optional} type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />
      <TextField label={texts.account.newPassword} hint={texts.account.passwordRule} error={change.problem?.fields['/new_password']} type="password" autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />
    </FormDialog>
  );
}
