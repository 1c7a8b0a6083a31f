import { type ReactNode, useState } from 'react';
import { type Answering, ApprovalCard } from '../approval/ApprovalCard';
import { milliseconds } from '../kernel/text/format';
import { exact, plain } from '../kernel/text/plain';
import { texts } from '../kernel/text/texts';
import { Badge, type Tone } from '../kernel/ui/Badge';
import { Diff, looksLikeDiff } from '../kernel/ui/Diff';
import type { ToolEntry } from './conversation';
import { FullOutput } from './FullOutput';
import { summary } from './toolInput';

const TONES: Record<string, Tone> = { ok: 'good', failed: 'bad', invalid: 'bad', denied: 'plain', timed_out: 'bad', cancelled: 'plain', interrupted: 'warn' };

/** One use of a tool: what was asked, what was answered, what came out. */
export function ToolCard({ session, entry, answering }: { session: string; entry: ToolEntry; answering: Answering }) {
  const input = summary(entry.tool, entry.input);
  // What failed is what one looks for.
  const [open, setOpen] = useState<boolean>();
  const shown = open ?? (entry.state === 'done' && entry.outcome !== 'ok');
  const waits = entry.state === 'waiting' && entry.approval;
  return (
    <article className="tool" aria-label={texts.tool.details(entry.tool, input.short)}>
      <button type="button" className="tool-head" aria-expanded={shown} onClick={() => setOpen(!shown)}>
        <span className="tool-name mono">{entry.tool}</span>
        <span className="tool-what mono cut">{exact(input.short)}</span>
        <span className="tool-time small soft">{entry.durationMs !== undefined && milliseconds(entry.durationMs)}</span>
        <State entry={entry} />
      </button>
      {entry.approval && !waits && <Answered entry={entry} />}
      {shown && (
        <div className="tool-body">
          {!waits && <Part title={texts.tool.input}><Text text={input.full} exactly /></Part>}
          {entry.changes.length > 0 && <Part title={texts.tool.files}><Changes entry={entry} /></Part>}
          {entry.state === 'done' && (
            <Part title={texts.tool.output}>
              <Text text={entry.output || texts.tool.noOutput} />
              {entry.fullOutput && <FullOutput session={session} hash={entry.fullOutput.hash} size={entry.fullOutput.size} />}
            </Part>
          )}
        </div>
      )}
      {waits && <ApprovalCard answering={answering} question={{ id: waits.id, session, tool: entry.tool, preview: waits.preview, expires: waits.expires }} />}
    </article>
  );
}

function State({ entry }: { entry: ToolEntry }) {
  if (entry.state === 'waiting') return <Badge tone="warn">{texts.tool.waiting}</Badge>;
  if (entry.state === 'running') return <Badge tone="busy">{texts.tool.running}</Badge>;
  if (entry.state === 'planned') return <Badge tone="plain">{texts.tool.planned}</Badge>;
  const outcome = entry.outcome ?? '';
  const exit = entry.exitCode ? ` · ${texts.tool.exit(entry.exitCode)}` : '';
  return <Badge tone={TONES[outcome] ?? 'plain'}>{(texts.tool.outcomes[outcome] ?? outcome) + exit}</Badge>;
}

function Answered({ entry }: { entry: ToolEntry }) {
  const asked = entry.approval;
  if (!asked?.decision) return null;
  const text = asked.decision === 'timed_out' ? texts.approval.timedOut : `${texts.approval.answered[asked.decision]} ${asked.by ? texts.approval.by(asked.by) : ''}`;
  return <p className="tool-answer small soft">{text}{asked.reason && `: “${plain(asked.reason)}”`}</p>;
}

function Changes({ entry }: { entry: ToolEntry }) {
  return (
    <ul className="small">
      {entry.changes.map(({ path, before, after }) => (
        <li key={path}><span className="mono">{exact(path)}</span> <span className="soft">{before ? (after ? texts.tool.changed : texts.tool.deleted) : texts.tool.added}</span></li>
      ))}
    </ul>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return <div className="stack-tight"><p className="part-title">{title}</p>{children}</div>;
}

function Text({ text, exactly }: { text: string; exactly?: boolean }) {
  const safe = exactly ? exact(text) : plain(text);
  if (looksLikeDiff(safe)) return <Diff text={safe} label={texts.tool.output} />;
  // It may be longer than its box: to be scrolled by keyboard too.
  return <pre className="pre pre-tall" tabIndex={0}>{safe}</pre>;
}
