import { useState } from 'react';
import { NavLink } from 'react-router';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Icon } from '../kernel/ui/Icon';
import { Shown } from '../kernel/ui/Shown';
import { readTree, type TreeItem, WRITES } from './files';

interface Props {
  project: string;
  /** Folder; empty: the project itself. */
  path: string;
}

export function Tree({ project, path }: Props) {
  const tree = useResource(`${project}/${path}`, () => readTree(project, path), (item) => item.project_id === project && WRITES.test(item.type));
  return (
    <Shown resource={tree}>
      {({ items, truncated }) => (
        <>
          {items.length === 0 && path === '' && <p className="small soft">{texts.files.noneText}</p>}
          <ul className={path === '' ? 'tree' : 'tree tree-inner'}>
            {[...items].sort(foldersFirst).map((item) => <li key={item.path}><Node project={project} item={item} /></li>)}
          </ul>
          {truncated && <p className="small soft">{texts.files.truncated}</p>}
        </>
      )}
    </Shown>
  );
}

function Node({ project, item }: { project: string; item: TreeItem }) {
  const [open, setOpen] = useState(false);
  const name = item.path.split('/').pop() ?? item.path;
  if (item.kind === 'folder') {
    return (
      <>
        <button type="button" className="tree-row" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'chevron' : 'right'} /> <span className="cut">{name}</span>
        </button>
        {open && <Tree project={project} path={item.path} />}
      </>
    );
  }
  if (item.kind !== 'file') return <span className="tree-row soft" title={texts.files.link(item.link_target ?? '')}><Icon name="file" /> <span className="cut">{name}</span></span>;
  const to = `/projects/${project}/files/${item.path.split('/').map(encodeURIComponent).join('/')}`;
  return <NavLink className="tree-row" to={to}><Icon name="file" /> <span className="cut">{name}</span></NavLink>;
}

function foldersFirst(a: TreeItem, b: TreeItem): number {
  return Number(b.kind === 'folder') - Number(a.kind === 'folder') || a.path.localeCompare(b.path);
}
