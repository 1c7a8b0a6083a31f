/** What is asked of the audit; times as a form's local time. */
export interface Filters {
  team_id: string;
  project_id: string;
  actor: string;
  type: string;
  from: string;
  to: string;
}

export const NO_FILTERS: Filters = { team_id: '', project_id: '', actor: '', type: '', from: '', to: '' };
const NAMES = Object.keys(NO_FILTERS) as (keyof Filters)[];

/** From an address. */
export function read(query: URLSearchParams): Filters {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ''])) as unknown as Filters;
}

/** For an address: only what is set. */
export function written(filters: Filters): Record<string, string> {
  return Object.fromEntries(NAMES.filter((name) => filters[name].trim()).map((name) => [name, filters[name].trim()]));
}

/** For the server: times as RFC 3339. */
export function asked(filters: Filters): URLSearchParams {
  const query = new URLSearchParams(written(filters));
  for (const name of ['from', 'to']) {
    const time = Date.parse(query.get(name) ?? '');
    if (Number.isNaN(time)) query.delete(name);
    else query.set(name, new Date(time).toISOString());
  }
  return query;
}

const KEY = 'opensail.audit.filters';

export type Saved = Record<string, Filters>;

export function saved(): Saved {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Saved;
  } catch {
    return {};
  }
}

export function keep(filters: Saved): void {
  localStorage.setItem(KEY, JSON.stringify(filters));
}
