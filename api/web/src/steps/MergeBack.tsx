import { useState } from 'react';
import { Link } from 'react-router';
import type { Schema } from '../kernel/api/client';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';
import { Notice } from '../kernel/ui/Notice';
import { FileConflicts } from './FileConflicts';
import { Refused } from './Refused';
import { useDecided } from './useDecided';

/** Brings a fork's files into those of the session it left. */
export function MergeBack({ session, onMerged }: { session: string; onMerged(merged: Schema['Merged']): void }) {
  const [asking, setAsking] = useState(false);
  const merge = useDecided<Schema['Merged']>(`/api/v1/sessions/${session}/merge`, {}, onMerged);
  const close = () => {
    setAsking(false);
    merge.clear();
  };
  return (
    <>
      <Button look="primary" onClick={() => setAsking(true)}>{texts.forks.merge}</Button>
      <FormDialog open={asking} onClose={close} title={texts.forks.mergeTitle} text={texts.forks.mergeText} action={texts.forks.mergeAction} busy={merge.busy} problem={merge.problem} onSubmit={() => void merge.run().then((done) => done && close())}>
        <FileConflicts conflicts={merge.conflicts} decisions={merge.decisions} onDecide={merge.decide} />
      </FormDialog>
    </>
  );
}

/** What came of it. */
export function MergedNotice({ merged }: { merged: Schema['Merged'] }) {
  return (
    <Notice>
      <p role="status">
        {texts.forks.merged(merged.changed)} {merged.spared.length > 0 && texts.forks.spared(merged.spared.length)} <Link to={`/sessions/${merged.into}`}>{texts.approval.open}</Link>
      </p>
      <Refused paths={merged.refused} />
    </Notice>
  );
}
