import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { useInSession } from '../session/SessionPage';
import { finished } from '../session/sessions';
import { FilesAt } from '../steps/FilesAt';
import { ForkHere } from '../steps/ForkHere';
import { UndoHere } from '../steps/UndoHere';
import { Player } from './Player';

/** The session's events, and the session after each; the moment stands in the address. */
export function HistoryView() {
  const { session, conversation, complete, mayWork } = useInSession();
  const { events } = conversation;
  const [query, setQuery] = useSearchParams();
  const [copied, setCopied] = useState(false);
  // A fork knows where it left by the count of this session's events.
  const version = Number(query.get('version'));
  const at = Number(query.get('at')) || events.findLast((item) => item.stream_version <= version)?.position;
  if (!complete) return <p className="soft page" role="status">{texts.loading}</p>;
  const copy = async () => {
    const position = at || events.at(-1)?.position;
    await navigator.clipboard.writeText(`${location.origin}/sessions/${session.id}/history?at=${position}`);
    setCopied(true);
  };
  const actions = (
    <div className="row small">
      <Button small onClick={() => void copy()}>{copied ? texts.copied : texts.history.link}</Button>
      <a href={`/api/v1/sessions/${session.id}/export?format=jsonl`} download>{texts.history.exportJsonl}</a>
      <a href={`/api/v1/sessions/${session.id}/export?format=atif`} download>{texts.history.exportAtif}</a>
    </div>
  );
  const moved = (position: number) => {
    setCopied(false);
    setQuery({ at: String(position) }, { replace: true });
  };
  const steps = (position: number) => (
    <>
      <ForkHere session={session.id} position={position} />
      {finished(conversation.status) && !session.discarded && <UndoHere session={session.id} position={position} />}
    </>
  );
  return (
    <Player
      session={session.id}
      events={events}
      start={at ?? null}
      onMoment={moved}
      actions={actions}
      files={(position) => <FilesAt session={session.id} position={position} mayWork={mayWork} />}
      {...(mayWork ? { steps } : {})}
    />
  );
}
