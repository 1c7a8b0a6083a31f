import { useState } from 'react';
import { type Schema, write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import { useTeams } from './teams';

export function NewTeamDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { choose, reload } = useTeams();
  const [name, setName] = useState('');
  const create = useAction(async () => {
    const team = await write<Schema['Team']>('POST', '/api/v1/teams', { name });
    choose(team.id);
    reload();
  });
  const close = () => {
    setName('');
    create.clear();
    onClose();
  };
  return (
    <FormDialog open={open} onClose={close} title={texts.team.createTitle} text={texts.team.createText} action={texts.team.createAction} busy={create.busy} problem={create.problem} onSubmit={() => void create.run().then((done) => done && close())}>
      <TextField label={texts.team.name} error={create.problem?.fields['/name']} value={name} onChange={(event) => setName(event.target.value)} />
    </FormDialog>
  );
}
