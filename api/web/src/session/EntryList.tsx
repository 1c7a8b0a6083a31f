import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Answering } from '../approval/ApprovalCard';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Icon } from '../kernel/ui/Icon';
import type { Conversation } from './conversation';
import { EntryView } from './EntryView';

/** So near the end counts as at the end, in pixels. */
const NEAR = 48;
const GUESS = 120;

interface Props {
  session: string;
  conversation: Conversation;
  answering: Answering;
  /** Stays at the end while the reader is there. */
  follow?: boolean;
}

/** Only what is on screen is in the page, however long the session. */
export function EntryList({ session, conversation, answering, follow }: Props) {
  const { entries, status } = conversation;
  const box = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const list = useVirtualizer({
    count: entries.length,
    getScrollElement: () => box.current,
    estimateSize: () => GUESS,
    getItemKey: (index) => entries[index]?.key ?? index,
    overscan: 6,
  });
  const toEnd = useCallback(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, []);
  const height = list.getTotalSize();
  useLayoutEffect(() => {
    if (follow && atEnd) toEnd();
  }, [follow, atEnd, height, entries, toEnd]);
  useEffect(() => {
    // A narrower window makes longer lines.
    if (!follow || !box.current) return;
    const watch = new ResizeObserver(() => atEnd && toEnd());
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [follow, atEnd, toEnd]);
  const scrolled = () => {
    const at = box.current;
    if (at) setAtEnd(at.scrollHeight - at.scrollTop - at.clientHeight < NEAR);
  };
  return (
    <div className="entries-place">
      {/* A long list is scrolled by keyboard too. */}
      <div className="entries" ref={box} role="region" aria-label={texts.session.conversation} tabIndex={0} onScroll={scrolled}>
        <ol className="entries-inner" style={{ height }}>
          {list.getVirtualItems().map((item) => {
            const entry = entries[item.index];
            return (
              entry && (
                <li key={item.key} data-index={item.index} ref={list.measureElement} className="entry" style={{ transform: `translateY(${item.start}px)` }} aria-setsize={entries.length} aria-posinset={item.index + 1}>
                  <EntryView session={session} entry={entry} answering={answering} />
                </li>
              )
            );
          })}
        </ol>
        {status === 'queued' && <p className="soft entries-foot" role="status">{texts.session.queuedText}</p>}
      </div>
      {follow && !atEnd && (
        <Button className="to-end" small onClick={() => (setAtEnd(true), toEnd())}>
          <Icon name="down" /> {texts.session.toLatest}
        </Button>
      )}
    </div>
  );
}
