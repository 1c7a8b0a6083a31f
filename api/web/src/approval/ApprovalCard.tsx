import { useState } from 'react';
import { useAction } from '../kernel/action';
import { ago } from '../kernel/text/format';
import { exact } from '../kernel/text/plain';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Diff, looksLikeDiff } from '../kernel/ui/Diff';
import { TextField } from '../kernel/ui/Field';
import { ProblemNotice } from '../kernel/ui/Notice';
import { answer, type Decision } from './approvals';
import './approval.css';

export interface Question {
  id: string;
  session: string;
  tool: string;
  preview: string;
  expires: string;
}

/** Who may answer: this person, others of the team, or nobody any more, because the past is looked at. */
export type Answering = 'here' | 'others' | 'past';

/** A question with the exact command or difference, answered in place. */
export function ApprovalCard({ question, answering }: { question: Question; answering: Answering }) {
  const mayAnswer = answering === 'here';
  const [denying, setDenying] = useState(false);
  const [reason, setReason] = useState('');
  const reply = useAction((decision: Decision) => answer(question.session, question.id, decision, decision === 'deny' ? reason : ''));
  const allow = (decision: Decision, text: string) => (
    <Button look={decision === 'allow_once' ? 'primary' : 'plain'} busy={reply.busy} onClick={() => void reply.run(decision)}>{text}</Button>
  );
  return (
    <section className="approval" aria-label={texts.approval.question(question.tool)}>
      <div className="row-between">
        <h2 className="approval-title">{texts.approval.question(question.tool)}</h2>
        <span className="small soft">{texts.approval.expires(ago(question.expires))}</span>
      </div>
      {looksLikeDiff(question.preview) ? (
        <Diff text={exact(question.preview)} label={texts.approval.exact} />
      ) : (
        // It may be longer than its box: to be scrolled by keyboard too.
        <pre className="pre pre-tall" role="region" aria-label={texts.approval.exact} tabIndex={0}>{exact(question.preview)}</pre>
      )}
      {answering === 'others' && <p className="small soft">{texts.approval.viewer}</p>}
      {mayAnswer && !denying && (
        <div className="row">
          {allow('allow_once', texts.approval.once)}
          {allow('allow_session', texts.approval.session)}
          <Button look="danger" onClick={() => setDenying(true)}>{texts.approval.deny} …</Button>
        </div>
      )}
      {mayAnswer && denying && (
        <form
          className="stack-tight"
          onSubmit={(event) => {
            event.preventDefault();
            void reply.run('deny');
          }}
        >
          {/* Asked for by the press of a button just before. */}
          {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
          <TextField label={texts.approval.reason} placeholder={texts.approval.reasonHint} maxLength={500} autoFocus value={reason} onChange={(event) => setReason(event.target.value)} />
          <div className="row">
            <Button type="submit" look="danger" busy={reply.busy}>{texts.approval.deny}</Button>
            <Button look="quiet" onClick={() => setDenying(false)}>{texts.cancel}</Button>
          </div>
        </form>
      )}
      {mayAnswer && <p className="hint">{texts.approval.sessionHelp}</p>}
      {reply.problem && <ProblemNotice problem={reply.problem} />}
    </section>
  );
}
