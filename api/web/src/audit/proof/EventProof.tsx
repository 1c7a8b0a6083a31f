import type { EventItem } from '../../kernel/live/event';
import { moment } from '../../kernel/text/format';
import { texts } from '../../kernel/text/texts';
import { Button } from '../../kernel/ui/Button';
import { ProblemNotice } from '../../kernel/ui/Notice';
import type { Fault } from './check';
import { FailureNotice } from './FailureNotice';
import type { Proof, Proofs } from './useProofs';

/** At which step each fault shows. */
const STEP: Record<Fault, number> = { shown: 0, event: 2, proof: 2, unreadable: 3, forged: 3, key: 3, journal: 3, 'rolled-back': 4, restored: 4, rewritten: 4 };

/** Verifies the event that is shown, step by step. */
export function EventProof({ item, proofs }: { item: EventItem; proofs: Proofs }) {
  const proof = proofs.of.get(item);
  const busy = proof && proof.at === undefined && !proof.failure && !proof.problem;
  return (
    <section className="stack-tight" aria-label={texts.seal.event}>
      <h3>{texts.seal.event}</h3>
      <p className="small soft">{texts.seal.eventText}</p>
      <div><Button small busy={busy ?? false} onClick={() => void proofs.verify(item)}>{proof ? texts.seal.again : texts.seal.verify}</Button></div>
      {proof && <Steps proof={proof} />}
      <div role="status">{proof?.at !== undefined && <p><strong>{texts.seal.verified(item.position, moment(new Date(proof.at).toISOString()))}</strong></p>}</div>
      {proof?.at !== undefined && proof.steps.privately && <p className="small soft">{texts.seal.privately}</p>}
      {proof?.failure && <FailureNotice failure={proof.failure} />}
      {proof?.problem && <ProblemNotice problem={proof.problem} />}
    </section>
  );
}

function Steps({ proof: { steps, head, failure } }: { proof: Proof }) {
  const of: [text: string, value: string | undefined, reached: boolean][] = [
    [texts.seal.steps.content, steps.content, steps.content !== undefined],
    [texts.seal.steps.leaf, steps.leaf, steps.leaf !== undefined],
    [texts.seal.steps.root(steps.length), steps.root, steps.root !== undefined],
    [texts.seal.steps.signature(head?.key.id), undefined, head !== undefined || (failure !== undefined && STEP[failure.fault] > 3)],
    [head && !head.before ? texts.seal.steps.nothing : texts.seal.steps.memory, undefined, head !== undefined],
  ];
  const broken = failure && STEP[failure.fault];
  return (
    <ol className="proof-steps">
      {of.map(([text, value, reached], at) => {
        const state = at === broken ? 'bad' : reached ? 'good' : 'open';
        return (
          <li key={text} className={`proof-step proof-${state}`}>
            <span aria-hidden="true" className="proof-mark">{{ good: '✓', bad: '✗', open: '·' }[state]}</span>
            <span className="grow">{text}<span className="hidden">: {texts.seal.step[state]}</span>{value && <code className="proof-value">{value}</code>}</span>
          </li>
        );
      })}
    </ol>
  );
}
