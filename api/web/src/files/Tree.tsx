import { NavLink } from 'react-router';
import { Branches } from './Branches';
import { readTree, WRITES } from './files';

/** The files of a project; each is a link to where it is opened. */
export function Tree({ project }: { project: string }) {
  return (
    <Branches
      place={project}
      path=""
      read={(path) => readTree(project, path)}
      concerns={(item) => item.project_id === project && WRITES.test(item.type)}
      file={(path, label) => <NavLink className="tree-row" to={`/projects/${project}/files/${path.split('/').map(encodeURIComponent).join('/')}`}>{label}</NavLink>}
    />
  );
}
