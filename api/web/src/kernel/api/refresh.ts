/**
 * New tokens, asked for by one tab at a time: whoever finds, once it is its turn, that the CSRF cookie has changed since its own request
 * was refused knows that another tab has done it.
 */
const CSRF_COOKIE = 'opensail_csrf';
const LOCK = 'opensail-refresh';

export function csrfToken(): string | null {
  for (const pair of document.cookie.split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === CSRF_COOKIE && value) return value;
  }
  return null;
}

/** True: try again with the tokens that are there now. `used` is the CSRF token when the refused request was sent. */
export async function refresh(used: string | null): Promise<boolean> {
  return oneTabAtATime(async () => {
    const token = csrfToken();
    if (!token) return false;
    if (token !== used) return true;
    const response = await fetch('/api/v1/auth/refresh', { method: 'POST', headers: { 'x-csrf-token': token } });
    // Away or overloaded is not signed out: the refused request fails by itself and may be tried again.
    if (response.status >= 500 || response.status === 429) return false;
    if (!response.ok) tell('signed-out');
    return response.ok;
  });
}

/** Where a page is not a secure context there are no locks; the server takes the last token for 30 seconds more. */
async function oneTabAtATime(work: () => Promise<boolean>): Promise<boolean> {
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks ? locks.request(LOCK, work) : work();
}

export type SignInChange = 'signed-in' | 'signed-out';

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('opensail-sign-in');
const listeners = new Set<(change: SignInChange) => void>();
channel?.addEventListener('message', (event: MessageEvent<SignInChange>) => {
  for (const listener of listeners) listener(event.data);
});

/** Tells this tab and all others. */
export function tell(change: SignInChange): void {
  channel?.postMessage(change);
  for (const listener of listeners) listener(change);
}

export function onSignInChange(listener: (change: SignInChange) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
