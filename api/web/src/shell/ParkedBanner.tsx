import { useEffect } from 'react';
import { useLocation } from 'react-router';
import { forgetParked, useLacking } from '../kernel/api/parked';
import { texts } from '../kernel/text/texts';
import { Notice } from '../kernel/ui/Notice';

/** Streams told by name. */
const TOLD = 3;

/** Something on this page is from before an event that a view cannot apply, or is missing. */
export function ParkedBanner() {
  const { pathname } = useLocation();
  const { streams, more } = useLacking();
  useEffect(forgetParked, [pathname]);
  if (streams.length === 0) return null;
  const others = streams.length + more - TOLD;
  return (
    <div className="page-top">
      <Notice tone="warn">
        <p className="grow">
          {texts.parked.title} {streams.slice(0, TOLD).map(({ stream, position }) => texts.parked.one(stream, position)).join(', ')}
          {others > 0 && texts.parked.more(others)}. {texts.parked.what} <code>opensail projection parked</code>
        </p>
      </Notice>
    </div>
  );
}
