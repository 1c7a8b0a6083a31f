import { useState } from 'react';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import type { Snapshot } from './snapshots';

interface Props {
  session: string;
  snapshot: Snapshot;
  /** It stands by itself, where nothing else says what is named. */
  alone?: boolean;
  onNamed(): void;
}

/** Gives the files of an event a name, which keeps them, or takes it away. */
export function NameSnapshot({ session, snapshot, alone, onNamed }: Props) {
  const [asking, setAsking] = useState(false);
  const [name, setName] = useState(snapshot.name ?? '');
  const named = useAction(async (wish: string | null) => {
    await write('PUT', `/api/v1/sessions/${session}/snapshots/${snapshot.position}`, { name: wish });
    onNamed();
  });
  const done = (ok: boolean) => ok && setAsking(false);
  const open = () => {
    setName(snapshot.name ?? '');
    setAsking(true);
  };
  return (
    <>
      <Button small aria-label={texts.snapshots.nameOf(snapshot.position, snapshot.name != null)} onClick={open}>{snapshot.name ? texts.snapshots.rename : alone ? texts.snapshots.nameHere : texts.snapshots.name}</Button>
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.snapshots.nameTitle} text={texts.snapshots.nameText} action={texts.save} busy={named.busy} problem={named.problem?.fields['/name'] ? undefined : named.problem} onSubmit={() => name.trim() && void named.run(name.trim()).then(done)}>
        <TextField label={texts.audit.saveName} error={named.problem?.fields['/name']} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        {snapshot.name && <div><Button small look="danger" busy={named.busy} onClick={() => void named.run(null).then(done)}>{texts.snapshots.unname}</Button></div>}
      </FormDialog>
    </>
  );
}
