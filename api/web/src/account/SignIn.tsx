import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { send } from '../kernel/api/client';
import { tell } from '../kernel/api/refresh';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextField } from '../kernel/ui/Field';
import { ProblemNotice } from '../kernel/ui/Notice';
import { useTitle } from '../kernel/ui/title';
import { SignInByLink } from './SignInByLink';

interface Arrival {
  /** Where to go on. */
  from?: string;
  /** The sign-in ran out. */
  expired?: boolean;
}

/** `/sign-in`, and `/sign-in#<token>` for a one-time link. */
export function SignInPage() {
  useTitle(texts.account.signIn);
  const location = useLocation();
  const navigate = useNavigate();
  const { from = '/projects', expired } = (location.state ?? {}) as Arrival;
  // The secret stands behind the #, so it is never sent in an address; it leaves the address bar at once.
  const [token] = useState(() => location.hash.slice(1));
  useEffect(() => {
    if (token) history.replaceState(history.state, '', '/sign-in');
  }, [token]);
  const arrive = (byLink: boolean) => {
    tell('signed-in');
    void navigate(from, { replace: true, state: { byLink } });
  };
  return (
    <main className="sign-in" id="content">
      <div className="card card-padded sign-in-card stack">
        <p className="brand">{texts.product}</p>
        {token ? <SignInByLink token={token} onDone={() => arrive(true)} /> : <ByPassword expired={expired === true} onDone={() => arrive(false)} />}
      </div>
    </main>
  );
}

function ByPassword({ expired, onDone }: { expired: boolean; onDone: () => void }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useAction(() => send('/api/v1/auth/login', { method: 'POST', json: { email, password } }));
  return (
    <>
      <h1>{texts.account.signInTo}</h1>
      {expired && <p role="status">{texts.account.expired}</p>}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn.run().then((done) => done && onDone());
        }}
      >
        <TextField label={texts.account.email} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
        <TextField label={texts.account.password} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        {signIn.problem && <ProblemNotice problem={signIn.problem} />}
        <Button type="submit" look="primary" busy={signIn.busy}>
          {texts.account.signIn}
        </Button>
      </form>
      <p className="small soft">{texts.account.linkHint}</p>
      <pre className="pre">opensail sign-in-link</pre>
    </>
  );
}
