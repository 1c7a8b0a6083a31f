import { useSearchParams } from 'react-router';

/** The name that the address and the server have for a point of the past. */
const AS_OF = 'as_of';

export interface Past {
  /** The time that is looked at, as in RFC 3339; null: now. */
  at: string | null;
  go(time: string | null): void;
  /** Puts the point behind a path, of the server's or the console's. */
  then(path: string): string;
}

/** Which point of the past the address names. It stands in the address, so that a view of the past can be sent to somebody. */
export function useLookBack(): Past {
  const [query, setQuery] = useSearchParams();
  const at = query.get(AS_OF);
  return {
    at,
    go: (time) => setQuery((old) => pointed(old, time), { replace: true }),
    then: (path) => thenAt(path, at),
  };
}

export function thenAt(path: string, at: string | null): string {
  return at === null ? path : `${path}${path.includes('?') ? '&' : '?'}${AS_OF}=${encodeURIComponent(at)}`;
}

function pointed(old: URLSearchParams, time: string | null): URLSearchParams {
  const query = new URLSearchParams(old);
  if (time === null) query.delete(AS_OF);
  else query.set(AS_OF, time);
  return query;
}

/** As a field for date and time takes it: local, to the second. */
export function localTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
