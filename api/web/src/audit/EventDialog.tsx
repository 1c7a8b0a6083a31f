import { getAll } from '../kernel/api/client';
import type { EventItem } from '../kernel/live/event';
import { useResource } from '../kernel/live/resource';
import { moment } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Dialog } from '../kernel/ui/Dialog';
import { Shown } from '../kernel/ui/Shown';
import { chain } from './chain';
import { EventProof } from './proof/EventProof';
import type { Proofs } from './proof/useProofs';

/** Deeper than this, lines are not moved in any more. */
const DEEPEST = 8;

interface Props {
  item: EventItem;
  proofs: Proofs;
  onClose(): void;
  onChoose(item: EventItem): void;
}

export function EventDialog({ item, proofs, onClose, onChoose }: Props) {
  const query = new URLSearchParams({ correlation: item.correlation_id, ...(item.team_id ? { team_id: item.team_id } : {}) });
  const path = `/api/v1/audit/events?${query}`;
  const all = useResource(path, () => getAll<EventItem>(path));
  return (
    <Dialog open onClose={onClose} wide title={texts.audit.open(item.type, item.position)} text={`${item.actor.name || item.actor.kind} · ${moment(item.time)}`}>
      {/* It may be longer than its box: to be scrolled by keyboard too. */}
      <pre className="pre event-text" tabIndex={0}>{JSON.stringify(item, null, 2)}</pre>
      <EventProof key={item.position} item={item} proofs={proofs} />
      <section className="stack-tight" aria-label={texts.audit.chain}>
        <h3>{texts.audit.chain}</h3>
        <p className="small soft">{texts.audit.chainText}</p>
        <Shown resource={all}>
          {(items) => (
            <ol className="chain">
              {chain(items).map(({ item: link, depth }) => (
                <li key={link.position} className={`chain-link chain-${Math.min(depth, DEEPEST)}`} aria-current={link.position === item.position}>
                  <button type="button" className="link-button" onClick={() => onChoose(link)}>{link.type}</button>
                  <span className="small soft"> {link.actor.name || link.actor.kind} · {link.position}</span>
                </li>
              ))}
            </ol>
          )}
        </Shown>
      </section>
      <div className="dialog-actions"><Button onClick={onClose}>{texts.close}</Button></div>
    </Dialog>
  );
}
