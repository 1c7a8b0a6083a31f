import { memo } from 'react';
import type { Answering } from '../approval/ApprovalCard';
import { clock } from '../kernel/text/format';
import { Markdown } from '../kernel/text/Markdown';
import { plain } from '../kernel/text/plain';
import { texts } from '../kernel/text/texts';
import { sentence } from '../kernel/ui/Notice';
import type { AgentEntry, Entry, NoticeEntry, UserEntry } from './conversation';
import { ToolCard } from './ToolCard';

interface Props {
  session: string;
  entry: Entry;
  answering: Answering;
}

export const EntryView = memo(function EntryView({ session, entry, answering }: Props) {
  switch (entry.kind) {
    case 'user':
      return <UserView entry={entry} />;
    case 'agent':
      return <AgentView entry={entry} />;
    case 'tool':
      return <ToolCard session={session} entry={entry} answering={answering} />;
    case 'notice':
      return <NoticeView entry={entry} />;
  }
});

function UserView({ entry }: { entry: UserEntry }) {
  return (
    <article className="said said-user" aria-label={texts.session.you}>
      <p className="said-head"><strong>{entry.by || texts.session.you}</strong> <time className="soft" dateTime={entry.time}>{clock(entry.time)}</time></p>
      <p className="said-text">{plain(entry.text)}</p>
    </article>
  );
}

function AgentView({ entry }: { entry: AgentEntry }) {
  return (
    <article className="said" aria-label={texts.session.agent} aria-busy={entry.writing}>
      {entry.text ? <Markdown text={entry.text} /> : <p className="soft thinking">{texts.session.thinking}</p>}
    </article>
  );
}

function NoticeView({ entry }: { entry: NoticeEntry }) {
  return <p className={`remark remark-${entry.tone}`}>{remark(entry)} <time className="soft" dateTime={entry.time}>{clock(entry.time)}</time></p>;
}

function remark({ code, detail }: NoticeEntry): string {
  const { notices, limits } = texts.session;
  if (code === 'paused') return notices.paused(clock(detail));
  if (code === 'limit_reached') return notices.limit_reached(limits[detail] ?? detail);
  const text = (notices as Record<string, unknown>)[code];
  const head = typeof text === 'string' ? text : code;
  return detail ? `${head}: ${sentence(plain(detail))}` : head;
}
