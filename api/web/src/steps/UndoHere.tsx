import { useState } from 'react';
import { useNavigate } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';
import { FileConflicts } from './FileConflicts';
import { useDecided } from './useDecided';

/** Takes the session back to an event: files and conversation. */
export function UndoHere({ session, position }: { session: string; position: number }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const undo = useDecided(`/api/v1/sessions/${session}/undo`, { to: position }, () => navigate(`/sessions/${session}`));
  const close = () => {
    setAsking(false);
    undo.clear();
  };
  return (
    <>
      <Button small onClick={() => setAsking(true)}>{texts.steps.undo}</Button>
      <FormDialog open={asking} onClose={close} title={texts.steps.undoTitle} text={texts.steps.undoText} action={texts.steps.undoAction} busy={undo.busy} problem={undo.problem} onSubmit={() => void undo.run()}>
        <FileConflicts conflicts={undo.conflicts} decisions={undo.decisions} onDecide={undo.decide} />
      </FormDialog>
    </>
  );
}
