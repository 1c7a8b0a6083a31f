import { useState } from 'react';
import { useMe } from '../account/me';
import { getAll, type Schema, write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { useResource } from '../kernel/live/resource';
import { moment } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';
import { ProblemNotice } from '../kernel/ui/Notice';
import { Shown } from '../kernel/ui/Shown';
import { useTitle } from '../kernel/ui/title';
import { LookBack } from '../past/LookBack';
import { useLookBack } from '../past/lookBack';
import { AddMember } from './AddMember';
import { Invitations } from './Invitations';
import { NoTeam } from './NoTeam';
import { mayManage, type Team, useTeams } from './teams';

type Member = Schema['Member'];

export function TeamPage() {
  const { current } = useTeams();
  useTitle(texts.nav.team);
  return <div className="page">{current ? <Members key={current.id} team={current} /> : <NoTeam />}</div>;
}

function Members({ team }: { team: Team }) {
  const path = `/api/v1/teams/${team.id}/members`;
  const past = useLookBack();
  const read = past.then(path);
  const members = useResource(read, () => getAll<Member>(read), (item) => item.type.startsWith('team.member') && item.team_id === team.id);
  const [leaving, setLeaving] = useState<Member>();
  const change = useAction((id: string, role: string) => write('PATCH', `${path}/${id}`, { role }).then(members.reload));
  const remove = useAction((id: string) => write('DELETE', `${path}/${id}`).then(members.reload));
  const manage = mayManage(team) && past.at === null;
  return (
    <>
      <header className="stack-tight">
        <h1>{team.name}</h1>
        <p className="soft">{texts.team.roleHelp} {!mayManage(team) && texts.team.onlyAdmins}</p>
        <LookBack />
      </header>
      {manage && <AddMember team={team.id} onAdded={members.reload} />}
      {change.problem && <ProblemNotice problem={change.problem} />}
      <Shown resource={members}>
        {(all) => (
          <section className="stack-tight" aria-label={texts.team.members}>
            <h2>{texts.team.memberCount(all.length)}</h2>
            <ul className="card list">
              {all.map((member) => (
                <Row key={member.account_id} member={member} manage={manage} onRole={(role) => void change.run(member.account_id, role)} onRemove={() => setLeaving(member)} />
              ))}
            </ul>
          </section>
        )}
      </Shown>
      {manage && <Invitations team={team.id} />}
      <FormDialog
        open={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        title={texts.team.removeTitle(leaving?.name ?? '')}
        text={texts.team.removeText}
        action={texts.team.removeShort}
        danger
        busy={remove.busy}
        problem={remove.problem}
        onSubmit={() => leaving && void remove.run(leaving.account_id).then((done) => done && setLeaving(undefined))}
      />
    </>
  );
}

interface RowProps {
  member: Member;
  manage: boolean;
  onRole(role: string): void;
  onRemove(): void;
}

function Row({ member, manage, onRole, onRemove }: RowProps) {
  const me = useMe();
  return (
    <li className="list-link">
      <span className="grow stack-tight-0">
        <strong>{member.name}</strong> {member.account_id === me.id && <span className="soft">({texts.team.you})</span>}
        <br />
        <span className="small soft">{member.email} · {texts.team.since} {moment(member.since)}</span>
      </span>
      {manage ? (
        <>
          <select className="input input-fit" aria-label={texts.team.roleOf(member.name)} value={member.role} onChange={(event) => onRole(event.target.value)}>
            {Object.entries(texts.team.roles).map(([role, name]) => <option key={role} value={role}>{name}</option>)}
          </select>
          <Button small aria-label={texts.team.remove(member.name)} onClick={onRemove}>{texts.team.removeShort}</Button>
        </>
      ) : (
        <span>{texts.team.roles[member.role]}</span>
      )}
    </li>
  );
}
