import { useLacking } from '../api/parked';
import { texts } from '../text/texts';
import { Badge } from './Badge';

/** Says of a row that it is older than it should be. */
export function ParkedMark({ stream }: { stream: string }) {
  const parked = useLacking().streams.find((one) => one.stream === stream);
  return parked ? <Badge tone="warn">{texts.parked.before(parked.position)}</Badge> : null;
}
