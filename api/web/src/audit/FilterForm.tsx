import { type ReactNode, useState } from 'react';
import { get, type Listing, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { SelectField, TextField } from '../kernel/ui/Field';
import { useProjects } from '../project/projects';
import { useTeams } from '../team/teams';
import { type Filters, NO_FILTERS } from './filters';

/** `children` stand beside its actions. */
export function FilterForm({ filters, onApply, children }: { filters: Filters; onApply: (filters: Filters) => void; children: ReactNode }) {
  const [wish, setWish] = useState(filters);
  const { all } = useTeams();
  const projects = useProjects(wish.team_id || null).value ?? [];
  const types = useResource('event-types', () => get<Listing<Schema['EventType']>>('/api/v1/event-types')).value?.items ?? [];
  const set = (name: keyof Filters) => (event: { target: { value: string } }) =>
    setWish({ ...wish, [name]: event.target.value, ...(name === 'team_id' ? { project_id: '' } : {}) });
  return (
    <form
      className="card card-padded stack-tight"
      aria-label={texts.audit.filters}
      onSubmit={(event) => {
        event.preventDefault();
        onApply(wish);
      }}
    >
      <div className="fields fields-audit">
        <SelectField label={texts.audit.team} value={wish.team_id} onChange={set('team_id')}>
          <option value="">{texts.audit.anyTeam}</option>
          {all.filter((team) => team.role === 'admin').map((team) => <option key={team.id} value={team.id}>{team.name}</option>)}
        </SelectField>
        <SelectField label={texts.audit.project} value={wish.project_id} disabled={!wish.team_id} onChange={set('project_id')}>
          <option value="">{texts.audit.anyProject}</option>
          {projects.map((project) => <option key={project.id} value={project.id}>{project.name}</option>)}
        </SelectField>
        <SelectField label={texts.audit.type} value={wish.type} onChange={set('type')}>
          <option value="">{texts.audit.anyType}</option>
          {[...new Set(types.map((type) => type.type))].sort().map((type) => <option key={type} value={type}>{type}</option>)}
        </SelectField>
        <TextField label={texts.audit.actor} placeholder={texts.audit.actorHint} value={wish.actor} onChange={set('actor')} />
        <TextField label={texts.audit.from} type="datetime-local" value={wish.from} onChange={set('from')} />
        <TextField label={texts.audit.to} type="datetime-local" value={wish.to} onChange={set('to')} />
      </div>
      <div className="row">
        <Button type="submit" look="primary">{texts.audit.apply}</Button>
        <Button
          look="quiet"
          onClick={() => {
            setWish(NO_FILTERS);
            onApply(NO_FILTERS);
          }}
        >
          {texts.audit.clear}
        </Button>
        {children}
      </div>
    </form>
  );
}
