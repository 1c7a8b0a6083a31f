import { useState } from 'react';
import { useNavigate } from 'react-router';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import { ProblemNotice } from '../kernel/ui/Notice';
import { mayManage, mayWork } from '../team/teams';
import { useInProject } from './ProjectPage';
import { RetentionSettings } from './RetentionSettings';

export function ProjectSettings() {
  const { project, team } = useInProject();
  const navigate = useNavigate();
  const path = `/api/v1/projects/${project.id}`;
  const [name, setName] = useState(project.name);
  const [asking, setAsking] = useState(false);
  const rename = useAction(() => write('PATCH', path, { name }));
  const remove = useAction(() => write('DELETE', path).then(() => navigate('/projects')));
  return (
    <div className="stack">
      <form
        className="card card-padded stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          void rename.run();
        }}
      >
        <div className="row row-end">
          <div className="grow"><TextField label={texts.project.name} disabled={!mayWork(team)} error={rename.problem?.fields['/name']} value={name} onChange={(event) => setName(event.target.value)} /></div>
          <Button type="submit" disabled={!mayWork(team) || name === project.name} busy={rename.busy}>{texts.project.rename}</Button>
        </div>
        {rename.problem && <ProblemNotice problem={rename.problem} />}
      </form>
      <RetentionSettings project={project} mayManage={mayManage(team)} />
      {mayManage(team) && (
        <div className="card card-padded row-between">
          <p className="grow soft">{texts.project.deleteText}</p>
          <Button look="danger" onClick={() => setAsking(true)}>{texts.project.delete}</Button>
        </div>
      )}
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.project.deleteTitle(project.name)} text={texts.project.deleteText} action={texts.project.deleteAction} danger busy={remove.busy} problem={remove.problem} onSubmit={() => void remove.run()} />
    </div>
  );
}
