import type { ReactNode } from 'react';
import type { Problem } from '../api/problem';
import { texts } from '../text/texts';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Elapsed } from './Elapsed';
import { ProblemNotice } from './Notice';

interface Props {
  open: boolean;
  onClose(): void;
  title: string;
  text?: string;
  action: string;
  /** Does something that cannot be taken back. */
  danger?: boolean;
  /** What the way out is called. */
  dismiss?: string;
  busy: boolean;
  problem: Problem | undefined;
  onSubmit(): void;
  children?: ReactNode;
}

/** A question with fields (or none), a way out and one action. */
export function FormDialog({ open, onClose, title, text, action, danger, dismiss, busy, problem, onSubmit, children }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={title} text={text}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          // A form around the dialog, which React tells too, is not meant.
          event.stopPropagation();
          onSubmit();
        }}
      >
        {children}
        {problem && <ProblemNotice problem={problem} />}
        {busy && <Elapsed />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{dismiss ?? texts.cancel}</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
