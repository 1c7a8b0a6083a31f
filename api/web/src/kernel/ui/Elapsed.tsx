import { useEffect, useState } from 'react';
import { texts } from '../text/texts';

/** That something still runs, and for how many seconds; nothing in the first one. */
export function Elapsed() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const begun = Date.now();
    const ticks = setInterval(() => setSeconds(Math.floor((Date.now() - begun) / 1000)), 250);
    return () => clearInterval(ticks);
  }, []);
  // Told once to who listens, shown again and again to who looks.
  return <p className="small soft" role="status">{seconds > 0 && <>{texts.working} <span aria-hidden="true">{texts.seconds(seconds)}</span></>}</p>;
}
