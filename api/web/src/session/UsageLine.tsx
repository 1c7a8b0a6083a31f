import { amount, dollars, seconds } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import type { Conversation } from './conversation';
import type { Session } from './sessions';

interface Part { name: string; used: number; limit: number | null; text(value: number): string }

/** What was used of what may be used. */
export function UsageLine({ conversation, session }: { conversation: Conversation | undefined; session: Session }) {
  const budget = conversation?.budget ?? session.budget;
  const usage = conversation?.usage ?? { steps: session.usage.steps, inputTokens: session.usage.input_tokens, outputTokens: session.usage.output_tokens, microUsd: session.usage.micro_usd, workMs: 0 };
  const parts: Part[] = [
    { name: texts.session.steps, used: usage.steps, limit: budget.max_steps ?? null, text: amount },
    { name: texts.session.time, used: Math.round(usage.workMs / 1000), limit: budget.max_seconds ?? null, text: seconds },
    { name: texts.session.tokens, used: usage.inputTokens + usage.outputTokens, limit: budget.max_tokens ?? null, text: amount },
    { name: texts.session.cost, used: usage.microUsd, limit: budget.max_micro_usd ?? null, text: dollars },
  ];
  return (
    <dl className="usage" aria-label={texts.session.usage}>
      <div><dt className="hidden">{texts.session.model}</dt><dd className="mono cut" title={session.model}>{session.model}</dd></div>
      <div><dt className="hidden">{texts.session.editMode}</dt><dd>{texts.session.editModes[session.edit_mode]}</dd></div>
      {parts.map((part) => <Meter key={part.name} {...part} />)}
    </dl>
  );
}

function Meter({ name, used, limit, text }: Part) {
  const share = limit ? Math.min(used / limit, 1) : 0;
  return (
    <div className={share >= 0.9 ? 'usage-near' : undefined}>
      <dt>{name}</dt>
      <dd>{limit === null ? text(used) : texts.session.of(text(used), text(limit))}</dd>
    </div>
  );
}
