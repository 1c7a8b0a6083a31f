import { lazy, Suspense } from 'react';
import { Link, useParams } from 'react-router';
import { texts } from '../kernel/text/texts';
import { useInProject } from '../project/ProjectPage';
import { mayWork } from '../team/teams';
import { NewFile } from './NewFile';
import { Tree } from './Tree';
import './files.css';

/** The editor is large and loaded with the first file. */
const FileView = lazy(async () => ({ default: (await import('./FileView')).FileView }));

export function FilesView() {
  const { project, team } = useInProject();
  const path = useParams()['*'] ?? '';
  const mayWrite = mayWork(team) && project.status === 'ready';
  return (
    <div className={path ? 'files files-open' : 'files'}>
      <nav className="files-tree stack-tight" aria-label={texts.files.tree}>
        {mayWrite && <div><NewFile project={project.id} /></div>}
        <Tree project={project.id} />
      </nav>
      <div className="files-content">
        {path && <Link className="files-up" to={`/projects/${project.id}/files`}>{texts.files.up}</Link>}
        {path ? (
          <Suspense fallback={<p className="soft" role="status">{texts.loading}</p>}>
            <FileView key={path} project={project.id} path={path} mayWrite={mayWrite} />
          </Suspense>
        ) : (
          <p className="soft">{texts.files.choose}</p>
        )}
      </div>
    </div>
  );
}
