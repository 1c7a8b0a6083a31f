import { useState } from 'react';
import { getAll, type Schema, write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { useResource } from '../kernel/live/resource';
import { moment } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { SelectField, TextField } from '../kernel/ui/Field';
import { Notice, ProblemNotice } from '../kernel/ui/Notice';
import { Shown } from '../kernel/ui/Shown';

type Invitation = Schema['Invitation'];

/** People who have no account here, or whose address one does not know, are let in by a link. */
export function Invitations({ team }: { team: string }) {
  const path = `/api/v1/teams/${team}/invitations`;
  const open = useResource(path, () => getAll<Invitation>(path), (item) => item.type.startsWith('team.invitation') && item.team_id === team);
  const [role, setRole] = useState('editor');
  const [email, setEmail] = useState('');
  const [made, setMade] = useState<Schema['NewInvitationBody']>();
  const invite = useAction(async () => {
    setMade(await write<Schema['NewInvitationBody']>('POST', path, { role, ...(email.trim() ? { email: email.trim() } : {}) }));
    setEmail('');
    open.reload();
  });
  const revoke = useAction(async (id: string) => {
    await write('DELETE', `${path}/${id}`);
    if (made?.id === id) setMade(undefined);
    open.reload();
  });
  return (
    <section className="stack-tight" aria-label={texts.invitation.title}>
      <h2>{texts.invitation.title}</h2>
      <form
        className="card card-padded stack-tight"
        aria-label={texts.invitation.invite}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void invite.run();
        }}
      >
        <div className="row row-end">
          <div className="grow add-member"><TextField label={texts.invitation.email} type="email" error={invite.problem?.fields['/email']} value={email} onChange={(event) => setEmail(event.target.value)} /></div>
          <SelectField label={texts.team.role} value={role} onChange={(event) => setRole(event.target.value)}>
            {Object.entries(texts.team.roles).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
          </SelectField>
          <Button type="submit" busy={invite.busy}>{texts.invitation.invite}</Button>
        </div>
        <p className="hint">{texts.invitation.about}</p>
        {invite.problem && <ProblemNotice problem={invite.problem} />}
      </form>
      {made && <Made made={made} />}
      {revoke.problem && <ProblemNotice problem={revoke.problem} />}
      <Shown resource={open}>
        {(all) =>
          all.length > 0 && (
            <ul className="card list">
              {all.map((one) => (
                <li key={one.id} className="list-link">
                  <span className="grow"><strong>{one.email ?? texts.invitation.anybody}</strong> <span className="small soft">{texts.team.roles[one.role]} · {texts.invitation.until(moment(one.expires_at))}</span></span>
                  <Button small aria-label={texts.invitation.revokeOf(one.email ?? texts.invitation.anybody)} onClick={() => void revoke.run(one.id)}>{texts.invitation.revoke}</Button>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}

/** The link, which is told only now. */
function Made({ made }: { made: Schema['NewInvitationBody'] }) {
  const [copied, setCopied] = useState(false);
  const link = `${location.origin}/join#${made.token}`;
  return (
    <Notice>
      <div className="stack-tight grow">
        <p role="status">{texts.invitation.made(moment(made.expires_at))}</p>
        <pre className="pre" role="region" tabIndex={0} aria-label={texts.invitation.link}>{link}</pre>
        {/* Not there on plain http from another machine. */}
        {'clipboard' in navigator && <div><Button small onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}>{copied ? texts.copied : texts.copy}</Button></div>}
      </div>
    </Notice>
  );
}
