import { useState } from 'react';
import { moment } from '../../kernel/text/format';
import { texts } from '../../kernel/text/texts';
import { Badge, type Tone } from '../../kernel/ui/Badge';
import { Button } from '../../kernel/ui/Button';
import { ProblemNotice } from '../../kernel/ui/Notice';
import type { Head } from './check';
import { FailureNotice } from './FailureNotice';
import type { Seal, Sealed } from './useSeal';

const TONES: Record<Sealed['is'], Tone> = { busy: 'busy', good: 'good', bad: 'bad', away: 'warn' };
const at = (ms: number) => moment(new Date(ms).toISOString());

/** How far the journal is proven, by whom and when, or what does not hold. */
export function SealPanel({ seal }: { seal: Seal }) {
  const { sealed, check } = seal;
  return (
    <section className="card card-padded stack-tight" aria-label={texts.seal.title}>
      <div className="row-between">
        <h2 className="row">{texts.seal.title} <span role="status"><Badge tone={TONES[sealed.is]}>{texts.seal[sealed.is]}</Badge></span></h2>
        <Button small busy={sealed.is === 'busy'} onClick={check}>{texts.seal.again}</Button>
      </div>
      {sealed.is === 'busy' && <p className="soft">{texts.seal.checking}</p>}
      {sealed.is === 'away' && <ProblemNotice problem={sealed.problem} />}
      {sealed.is === 'bad' && <FailureNotice failure={sealed.failure} seal={seal} />}
      {sealed.is === 'good' && <Verified head={sealed.head} />}
    </section>
  );
}

function Verified({ head }: { head: Head }) {
  const { checkpoint, key, before, believed, at: when, kept } = head;
  return (
    <>
      <p><strong>{texts.seal.upTo(checkpoint.size, at(checkpoint.time))}</strong></p>
      <p className="small soft">
        {texts.seal.by(at(when), key.id)}
        {before ? (before.size === checkpoint.size ? texts.seal.same : texts.seal.grown.bind(null, before.size))(at(before.verified)) : '.'}
      </p>
      {believed && <p className="small">{texts.seal.believed(key.id)} <code>opensail audit checkpoint</code></p>}
      {!kept && <p className="small">{texts.seal.forgetful}</p>}
      <details>
        <summary className="small">{texts.seal.details}</summary>
        <dl className="seal-facts small">
          <div><dt>{texts.seal.key}</dt><dd><code>{key.text}</code> <Copy text={key.text} /></dd></div>
          <div><dt>{texts.seal.since}</dt><dd>{at(head.since)}</dd></div>
          <div><dt>{texts.seal.root}</dt><dd><code>{btoa(String.fromCharCode(...checkpoint.root))}</code></dd></div>
          <div><dt>{texts.seal.journal}</dt><dd><code>{checkpoint.origin}</code></dd></div>
          <div><dt>{texts.seal.epoch}</dt><dd><code>{checkpoint.epoch}</code></dd></div>
        </dl>
      </details>
    </>
  );
}

function Copy({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  // Not there on plain http from another machine.
  if (!('clipboard' in navigator)) return null;
  return <Button small onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}>{copied ? texts.copied : texts.copy}</Button>;
}
