import { useEffect, useState } from 'react';
import { live, useLiveState } from '../kernel/live/live';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';

/** A connection that is back within this time was never worth a word, in milliseconds. */
const PATIENCE = 800;

export function ConnectionBanner() {
  const state = useLiveState();
  const [late, setLate] = useState(false);
  const lost = state === 'lost';
  useEffect(() => {
    const timer = setTimeout(() => setLate(lost), lost ? PATIENCE : 0);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <div role="status" aria-live="polite" className="banner-place">
      {lost && late && (
        <div className="banner">
          <span>{navigator.onLine ? texts.live.lost : texts.live.offline}</span>
          <Button small onClick={live.retry}>{texts.live.now}</Button>
        </div>
      )}
    </div>
  );
}
