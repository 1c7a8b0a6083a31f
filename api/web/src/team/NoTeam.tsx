import { useState } from 'react';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Empty } from '../kernel/ui/Empty';
import { NewTeamDialog } from './NewTeamDialog';

export function NoTeam() {
  const [open, setOpen] = useState(false);
  return (
    <Empty title={texts.team.none} text={texts.team.noneText}>
      <Button look="primary" onClick={() => setOpen(true)}>{texts.team.createAction}</Button>
      <NewTeamDialog open={open} onClose={() => setOpen(false)} />
    </Empty>
  );
}
