import { Link, useSearchParams } from 'react-router';
import { ago } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Empty } from '../kernel/ui/Empty';
import { Icon } from '../kernel/ui/Icon';
import { ParkedMark } from '../kernel/ui/ParkedMark';
import { Shown } from '../kernel/ui/Shown';
import { useTitle } from '../kernel/ui/title';
import { ModelNotice } from '../model/ModelNotice';
import { useModel } from '../model/model';
import { LookBack } from '../past/LookBack';
import { useLookBack } from '../past/lookBack';
import { NoTeam } from '../team/NoTeam';
import { mayWork, type Team, useTeams } from '../team/teams';
import { NewProjectDialog } from './NewProjectDialog';
import { ProjectStatus } from './ProjectStatus';
import { type Project, useProjects } from './projects';

export function ProjectsPage() {
  useTitle(texts.project.title);
  const { current } = useTeams();
  return <div className="page">{current ? <Projects key={current.id} team={current} /> : <NoTeam />}</div>;
}

function Projects({ team }: { team: Team }) {
  const past = useLookBack();
  const projects = useProjects(team.id, past.at);
  const model = useModel().value;
  const [query, setQuery] = useSearchParams();
  const open = (on: boolean) => setQuery(on ? { new: '' } : {}, { replace: true });
  const create = mayWork(team) && past.at === null && <Button look="primary" onClick={() => open(true)}><Icon name="plus" /> {texts.project.create}</Button>;
  return (
    <>
      <header className="row-between">
        <h1>{texts.project.title}</h1>
        {(projects.value?.length ?? 0) > 0 && create}
      </header>
      <LookBack />
      {model && !model.configured && <ModelNotice model={model} />}
      <Shown resource={projects}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={texts.project.none} text={texts.project.noneText}>{create}</Empty>
          ) : (
            <ul className="card list" aria-label={texts.project.title}>
              {[...all].sort(byName).map((project) => <li key={project.id}><Row project={project} to={past.then(`/projects/${project.id}`)} /></li>)}
            </ul>
          )
        }
      </Shown>
      <NewProjectDialog team={team.id} open={query.has('new')} onClose={() => open(false)} />
    </>
  );
}

function Row({ project, to }: { project: Project; to: string }) {
  return (
    <Link className="list-link" to={to}>
      <span className="grow">
        <strong>{project.name}</strong>
        <span className="small soft"> · {texts.project.sources[project.source.kind]} · {texts.project.updated(ago(project.updated_at))}</span>
      </span>
      <ParkedMark stream={`project-${project.id}`} />
      <ProjectStatus project={project} />
    </Link>
  );
}

function byName(a: Project, b: Project): number {
  return a.name.localeCompare(b.name);
}
