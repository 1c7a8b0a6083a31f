import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { Navigate, useLocation } from 'react-router';
import { get, type Schema } from '../kernel/api/client';
import { csrfToken, onSignInChange } from '../kernel/api/refresh';
import { useResource } from '../kernel/live/resource';
import { Shown } from '../kernel/ui/Shown';

export type Me = Schema['Account'];

const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('useMe outside of SignedIn');
  return me;
}

/** Shows its children to who is signed in; everybody else is sent to sign in and comes back. */
export function SignedIn({ children }: { children: ReactNode }) {
  const location = useLocation();
  const me = useResource<Me>(csrfToken() ? 'me' : null, () => get('/api/v1/auth/me'));
  const { reload } = me;
  useEffect(() => onSignInChange(reload), [reload]);
  const signedOut = csrfToken() === null;
  if (signedOut || me.problem?.status === 401) {
    const from = location.pathname + location.search + location.hash;
    return <Navigate to="/sign-in" replace state={{ from, expired: me.value !== undefined || me.problem !== undefined }} />;
  }
  return <Shown resource={me}>{(value) => <MeContext value={value}>{children}</MeContext>}</Shown>;
}
