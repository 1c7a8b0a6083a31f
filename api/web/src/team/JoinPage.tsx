import { useEffect, useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { get, type Schema, send, write } from '../kernel/api/client';
import { csrfToken, tell } from '../kernel/api/refresh';
import { useAction } from '../kernel/action';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextField } from '../kernel/ui/Field';
import { ProblemNotice } from '../kernel/ui/Notice';
import { useTitle } from '../kernel/ui/title';
import { prefer } from './teams';

/** `/join#<token>`: an invitation, accepted by who is signed in, or by registering with it. */
export function JoinPage() {
  useTitle(texts.invitation.join);
  const { hash } = useLocation();
  // The secret stands behind the #, so it is never sent in an address; it leaves the address bar at once.
  const [token] = useState(() => hash.slice(1));
  useEffect(() => {
    if (token) history.replaceState(history.state, '', '/join');
  }, [token]);
  const me = useResource<Schema['Account']>(csrfToken() ? 'me' : null, () => get('/api/v1/auth/me'));
  const known = csrfToken() !== null && me.problem?.status !== 401;
  return (
    <main className="sign-in" id="content">
      <div className="card card-padded sign-in-card stack">
        <p className="brand">{texts.product}</p>
        <h1>{texts.invitation.join}</h1>
        {!token && <p>{texts.invitation.incomplete}</p>}
        {token && known && !me.value && <p className="soft" role="status">{texts.loading}</p>}
        {token && known && me.value && <Accept token={token} name={me.value.name} />}
        {token && !known && <Register token={token} />}
      </div>
    </main>
  );
}

function Accept({ token, name }: { token: string; name: string }) {
  const navigate = useNavigate();
  const accept = useAction(async () => {
    prefer((await write<Schema['JoinedTeam']>('POST', '/api/v1/invitations/accept', { token })).team_id);
    await navigate('/projects', { replace: true });
  });
  return (
    <>
      <p>{texts.invitation.as(name)}</p>
      {accept.problem && <ProblemNotice problem={accept.problem} />}
      <div><Button look="primary" busy={accept.busy} onClick={() => void accept.run()}>{texts.invitation.accept}</Button></div>
    </>
  );
}

function Register({ token }: { token: string }) {
  const navigate = useNavigate();
  const [wish, setWish] = useState({ name: '', email: '', password: '' });
  const register = useAction(async () => {
    await send('/api/v1/auth/register', { method: 'POST', json: { ...wish, invitation: token } });
    tell('signed-in');
    await navigate('/projects', { replace: true });
  });
  const { problem } = register;
  const fields = ['/name', '/email', '/password'].filter((name) => problem?.fields[name]);
  const field = (name: keyof typeof wish) => ({ error: problem?.fields[`/${name}`], required: true, value: wish[name], onChange: (event: { target: { value: string } }) => setWish({ ...wish, [name]: event.target.value }) });
  return (
    <>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void register.run();
        }}
      >
        <p>{texts.invitation.register}</p>
        <TextField label={texts.invitation.name} autoComplete="name" {...field('name')} />
        <TextField label={texts.account.email} type="email" autoComplete="username" {...field('email')} />
        <TextField label={texts.account.password} type="password" autoComplete="new-password" hint={texts.account.passwordRule} {...field('password')} />
        {problem && fields.length === 0 && <ProblemNotice problem={problem} />}
        <Button type="submit" look="primary" busy={register.busy}>{texts.invitation.registerAction}</Button>
      </form>
      <p className="small">{texts.invitation.have} <Link to="/sign-in" state={{ from: `/join#${token}` }}>{texts.account.signIn}</Link></p>
    </>
  );
}
