import { texts } from '../text/texts';
import { noteParked } from './parked';
import { Problem, problemOf } from './problem';
import { csrfToken, refresh } from './refresh';
import type { components } from './schema';

export type Schema = components['schemas'];

export interface Listing<T> {
  items: T[];
  next: string | null;
}

export interface Asked {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as bytes. */
  bytes?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A response that is fine, with fresh tokens if the old ones had run out. Throws a `Problem`. */
export async function send(path: string, asked: Asked = {}): Promise<Response> {
  const used = csrfToken();
  const first = await once(path, asked, used);
  if (first.ok || first.status === 304) return noted(path, asked, first);
  const again = first.status === 401 && !path.startsWith('/api/v1/auth/l') && used !== null && (await refresh(used));
  const response = again ? await once(path, asked, csrfToken()) : first;
  if (!response.ok) throw await problemOf(response);
  return noted(path, asked, response);
}

/** What is shown of it may be older than it should be. */
function noted(path: string, asked: Asked, response: Response): Response {
  if ((asked.method ?? 'GET') === 'GET') noteParked(path, response.headers.get('opensail-parked'));
  return response;
}

async function once(path: string, asked: Asked, csrf: string | null): Promise<Response> {
  const headers: Record<string, string> = { ...asked.headers };
  const method = asked.method ?? 'GET';
  if (asked.json !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrf) headers['x-csrf-token'] = csrf;
  const init: RequestInit = { method, headers };
  if (asked.json !== undefined) init.body = JSON.stringify(asked.json);
  else if (asked.bytes !== undefined) init.body = asked.bytes;
  if (asked.signal) init.signal = asked.signal;
  try {
    return await fetch(path, init);
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw new Problem(0, 'unreachable', texts.problem.unreachable);
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** A write. Its `Idempotency-Key` makes it safe to send again when the answer was lost. */
export async function write<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, json?: unknown): Promise<T> {
  const headers = { 'idempotency-key': newId() };
  const asked: Asked = { method, headers, json: method === 'DELETE' ? undefined : (json ?? {}) };
  const response = await send(path, asked).catch((error: unknown) => {
    if (error instanceof Problem && (error.status === 0 || error.code === 'outcome_unknown')) return send(path, asked);
    throw error;
  });
  return (await response.json()) as T;
}

/** All pages of a list. */
export async function getAll<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  const join = path.includes('?') ? '&' : '?';
  let after = '';
  for (;;) {
    const page = await get<Listing<T>>(`${path}${join}limit=200${after}`);
    items.push(...page.items);
    if (page.next === null) return items;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** `crypto.randomUUID` is not there on plain http to another machine. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
