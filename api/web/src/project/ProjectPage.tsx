import { NavLink, Outlet, useOutletContext, useParams } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Crumbs } from '../kernel/ui/Crumbs';
import { Notice, sentence } from '../kernel/ui/Notice';
import { Shown } from '../kernel/ui/Shown';
import { useTitle } from '../kernel/ui/title';
import { useLookBack } from '../past/lookBack';
import { type Team, useTeams } from '../team/teams';
import { ProjectStatus } from './ProjectStatus';
import { type Project, useProject } from './projects';

export interface InProject {
  project: Project;
  team: Team | undefined;
}

export function useInProject(): InProject {
  return useOutletContext<InProject>();
}

export function ProjectPage() {
  const { projectId = '' } = useParams();
  const { at } = useLookBack();
  const project = useProject(projectId, at);
  const { all } = useTeams();
  useTitle(project.value?.name ?? texts.project.title);
  return (
    <div className="page">
      <Shown resource={project}>
        {(value) => (
          <>
            <header className="stack-tight">
              <Crumbs places={[['/projects', texts.project.title]]} />
              <div className="row-between">
                <h1>{value.name}</h1>
                <ProjectStatus project={value} />
              </div>
              {value.source.path && <p className="small soft mono cut">{value.source.path}</p>}
              {value.source.url && <p className="small soft mono cut">{value.source.url}</p>}
            </header>
            {value.status === 'preparing' && <Notice><p role="status">{texts.project.preparing}</p></Notice>}
            {value.status === 'failed' && <Notice tone="bad" alert><p><strong>{texts.project.failed}.</strong> {sentence(value.reason ?? '')}</p></Notice>}
            <nav className="tabs" aria-label={texts.project.views}>
              <NavLink end to={`/projects/${value.id}`}>{texts.project.sessions}</NavLink>
              <NavLink to={`/projects/${value.id}/files`}>{texts.project.files}</NavLink>
              <NavLink to={`/projects/${value.id}/settings`}>{texts.project.settings}</NavLink>
            </nav>
            <Outlet context={{ project: value, team: all.find((team) => team.id === value.team_id) } satisfies InProject} />
          </>
        )}
      </Shown>
    </div>
  );
}
