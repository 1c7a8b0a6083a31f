import { Link } from 'react-router';
import { texts } from '../kernel/text/texts';
import { type Session, useSession } from '../session/sessions';

/** Where a fork comes from, down to the event. */
export function OriginLine({ origin }: { origin: NonNullable<Session['origin']> }) {
  const from = useSession(origin.session_id).value;
  return (
    <p className="small soft">
      {texts.forks.from} <Link to={`/sessions/${origin.session_id}`}>{from?.title ?? '…'}</Link>{' '}
      <Link to={`/sessions/${origin.session_id}/history?version=${origin.version}`}>{texts.forks.atItsEvent(origin.version)}</Link>
    </p>
  );
}
