import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { get, type Listing } from '../kernel/api/client';
import type { Problem } from '../kernel/api/problem';
import type { EventItem } from '../kernel/live/event';
import { asProblem } from '../kernel/live/resource';
import { moment } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Badge } from '../kernel/ui/Badge';
import { Button } from '../kernel/ui/Button';
import { Empty } from '../kernel/ui/Empty';
import { ProblemNotice } from '../kernel/ui/Notice';
import { useTitle } from '../kernel/ui/title';
import { EventDialog } from './EventDialog';
import { FilterForm } from './FilterForm';
import { ListProof } from './proof/ListProof';
import { SealPanel } from './proof/SealPanel';
import { type Proof, type Proofs, useProofs } from './proof/useProofs';
import { type Seal, useSeal } from './proof/useSeal';
import { asked, type Filters, read, written } from './filters';
import { SavedFilters } from './SavedFilters';
import './audit.css';

export function AuditPage() {
  useTitle(texts.audit.title);
  const [query, setQuery] = useSearchParams();
  const filters = read(query);
  const apply = (next: Filters) => setQuery(written(next));
  const wish = asked(filters).toString();
  const seal = useSeal();
  return (
    <div className="page">
      <header className="row-between">
        <h1>{texts.audit.title}</h1>
        <a className="button button-small" href={`/api/v1/audit/export?${wish}`} download>{texts.audit.export}</a>
      </header>
      <SealPanel seal={seal} />
      <FilterForm key={`form ${query}`} filters={filters} onApply={apply}><SavedFilters filters={filters} onChoose={apply} /></FilterForm>
      <Events key={`events ${wish}`} wish={wish} seal={seal} />
    </div>
  );
}

/** Newest first; more on demand. */
function Events({ wish, seal }: { wish: string; seal: Seal }) {
  const [items, setItems] = useState<readonly EventItem[]>([]);
  const [next, setNext] = useState<string | null>('');
  const [busy, setBusy] = useState(true);
  const [problem, setProblem] = useState<Problem>();
  const [shown, setShown] = useState<EventItem>();
  const [wished, setWished] = useState(0);
  const proofs = useProofs(items, seal);
  useEffect(() => {
    let newest = true;
    setBusy(true);
    const query = new URLSearchParams(wish);
    query.set('order', 'desc');
    if (next) query.set('after', next);
    get<Listing<EventItem>>(`/api/v1/audit/events?${query}`)
      .then(
        (page) => {
          if (!newest) return;
          setItems((old) => (next ? [...old, ...page.items] : page.items));
          setNext(page.next);
          setProblem(undefined);
        },
        (error: unknown) => newest && setProblem(asProblem(error)),
      )
      .finally(() => newest && setBusy(false));
    return () => {
      newest = false;
    };
    // The next page is read when it is wished for, not when its place is known.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wish, wished]);
  const more = () => setWished(wished + 1);
  if (problem) return <ProblemNotice problem={problem} retry={more} />;
  if (items.length === 0) return busy ? <p className="soft" role="status">{texts.loading}</p> : <Empty title={texts.audit.none} text={texts.audit.noneText} />;
  return (
    <>
      <div className="card">
        <ListProof count={items.length} proofs={proofs} />
        <EventTable items={items} proofs={proofs} onChoose={setShown} />
      </div>
      {next && <div className="row"><Button busy={busy} onClick={more}>{texts.more}</Button></div>}
      {shown && <EventDialog item={shown} proofs={proofs} onClose={() => setShown(undefined)} onChoose={setShown} />}
    </>
  );
}

function EventTable({ items, proofs, onChoose }: { items: readonly EventItem[]; proofs: Proofs; onChoose: (item: EventItem) => void }) {
  const names = [texts.audit.time, texts.audit.what, texts.audit.who, texts.audit.where, texts.audit.address];
  const proven = proofs.of.size > 0;
  return (
    // On a narrow window it is scrolled, by keyboard too.
    <div className="table-scroll" role="region" aria-label={texts.audit.title} tabIndex={0}>
      <table className="table audit-table">
        <thead>
          <tr>{(proven ? [texts.seal.column, ...names] : names).map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.position}>
              {proven && <td><Mark proof={proofs.of.get(item)} /></td>}
              <td className="nowrap"><time dateTime={item.time}>{moment(item.time)}</time></td>
              <td><button type="button" className="link-button" aria-label={texts.audit.open(item.type, item.position)} onClick={() => onChoose(item)}>{item.type}</button></td>
              <td className="audit-who">{item.actor.name || item.actor.id} <span className="soft">{item.actor.kind}</span></td>
              <td className="mono soft"><Place stream={item.stream} /></td>
              <td className="mono soft">{item.client_address ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A stream, its id shortened: the event tells the whole of it. Where there is no room it breaks before the id. */
function Place({ stream }: { stream: string }) {
  const [, room = stream, id = ''] = /^([a-z_]+-)(.+)$/.exec(stream) ?? [];
  return <><span className="nowrap">{room}</span><wbr /><span className="nowrap">{id.replace(/^([0-9a-f]{6})[0-9a-f-]{12,}([0-9a-f]{4})$/, '$1…$2')}</span></>;
}

function Mark({ proof }: { proof: Proof | undefined }) {
  if (proof?.failure) return <Badge tone="bad">{texts.seal.no}</Badge>;
  return proof?.at === undefined ? null : <Badge tone="good">{texts.seal.yes}</Badge>;
}
