import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { Schema } from '../kernel/api/client';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Dialog } from '../kernel/ui/Dialog';
import { FormDialog } from '../kernel/ui/FormDialog';
import { FileConflicts } from './FileConflicts';
import { Refused } from './Refused';
import { useDecided } from './useDecided';

/** Takes the session back to an event: files and conversation. */
export function UndoHere({ session, position }: { session: string; position: number }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const [refused, setRefused] = useState<Schema['Undone']['refused']>([]);
  const leave = () => navigate(`/sessions/${session}`);
  const undo = useDecided<Schema['Undone']>(`/api/v1/sessions/${session}/undo`, { to: position }, (undone) => {
    setRefused(undone.refused);
    setAsking(false);
    return undone.refused.length === 0 && leave();
  });
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
      <Dialog open={refused.length > 0} onClose={leave} title={texts.steps.undoneTitle}>
        <Refused paths={refused} />
        <div className="dialog-actions"><Button look="primary" onClick={leave}>{texts.steps.undoneAction}</Button></div>
      </Dialog>
    </>
  );
}
