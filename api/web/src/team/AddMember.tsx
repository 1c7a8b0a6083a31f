import { useState } from 'react';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { SelectField, TextField } from '../kernel/ui/Field';
import { ProblemNotice } from '../kernel/ui/Notice';

export function AddMember({ team, onAdded }: { team: string; onAdded: () => void }) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('editor');
  const add = useAction(async () => {
    await write('POST', `/api/v1/teams/${team}/members`, { email, role });
    setEmail('');
    onAdded();
  });
  return (
    <form
      className="card card-padded stack-tight"
      aria-label={texts.team.add}
      onSubmit={(event) => {
        event.preventDefault();
        void add.run();
      }}
    >
      <div className="row row-end">
        <div className="grow add-member"><TextField label={texts.account.email} type="email" required value={email} onChange={(event) => setEmail(event.target.value)} /></div>
        <SelectField label={texts.team.role} value={role} onChange={(event) => setRole(event.target.value)}>
          {Object.entries(texts.team.roles).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </SelectField>
        <Button type="submit" look="primary" busy={add.busy}>{texts.team.add}</Button>
      </div>
      <p className="hint">{texts.team.addText}</p>
      {add.problem && <ProblemNotice problem={add.problem} />}
    </form>
  );
}
