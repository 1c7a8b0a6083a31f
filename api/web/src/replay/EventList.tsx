import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import type { EventItem } from '../kernel/live/event';
import { clock } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';

const ROW = 36;

interface Props {
  events: readonly EventItem[];
  /** Only these; empty: all. */
  type: string;
  current: number;
  onChoose(position: number): void;
}

/** The events by name; arrow keys go through those that are shown. */
export function EventList({ events, type, current, onChoose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => events.filter((item) => type === '' || item.type === type), [events, type]);
  const at = shown.findLastIndex((item) => item.position <= current);
  const list = useVirtualizer({ count: shown.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 10 });
  useEffect(() => {
    if (at >= 0) list.scrollToIndex(at, { align: 'auto' });
  }, [at, list]);
  const key = (event: React.KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    const item = to === undefined ? undefined : shown[to];
    if (to === undefined) return;
    event.preventDefault();
    if (item) onChoose(item.position);
  };
  if (shown.length === 0) return <p className="soft">{texts.history.none}</p>;
  return (
    <div className="card event-list" ref={box} role="listbox" aria-label={texts.history.events} tabIndex={0} aria-activedescendant={at >= 0 ? `event-${at}` : undefined} onKeyDown={key}>
      <div className="event-list-inner" role="presentation" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((row) => {
          const item = shown[row.index];
          return (
            item && (
              // The keys are heard by the list, which keeps the focus.
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events
              <div key={item.position} id={`event-${row.index}`} role="option" tabIndex={-1} aria-selected={item.position === current} aria-setsize={shown.length} aria-posinset={row.index + 1} className="event-row" style={{ transform: `translateY(${row.start}px)` }} onClick={() => onChoose(item.position)}>
                <span className="cut grow">{item.type.replace('agent_session.', '')}</span>
                <span className="small soft">{clock(item.time)}</span>
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}
