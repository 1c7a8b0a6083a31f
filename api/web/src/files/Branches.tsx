import { type ReactNode, useState } from 'react';
import type { EventItem } from '../kernel/live/event';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Icon } from '../kernel/ui/Icon';
import { Shown } from '../kernel/ui/Shown';

export interface Listed {
  path: string;
  /** `file`, `folder` or `link` */
  kind: string;
  link_target?: string | null;
}

interface Props {
  /** Names what is listed: another place is read anew. */
  place: string;
  /** Folder; empty: the uppermost. */
  path: string;
  read(path: string): Promise<{ items: Listed[]; truncated: boolean }>;
  concerns?(item: EventItem): boolean;
  /** What stands there for a file. */
  file(path: string, label: ReactNode): ReactNode;
}

/** Files and folders; a folder is read when it is opened. */
export function Branches(props: Props) {
  const { place, path, read, concerns } = props;
  const tree = useResource(`${place}/${path}`, () => read(path), concerns);
  return (
    <Shown resource={tree}>
      {({ items, truncated }) => (
        <>
          {items.length === 0 && path === '' && <p className="small soft">{texts.files.noneText}</p>}
          <ul className={path === '' ? 'tree' : 'tree tree-inner'}>
            {[...items].sort(foldersFirst).map((item) => <li key={item.path}><Branch {...props} item={item} /></li>)}
          </ul>
          {truncated && <p className="small soft">{texts.files.truncated}</p>}
        </>
      )}
    </Shown>
  );
}

function Branch({ item, ...rest }: Props & { item: Listed }) {
  const [open, setOpen] = useState(false);
  const name = item.path.split('/').pop() ?? item.path;
  if (item.kind === 'folder') {
    return (
      <>
        <button type="button" className="tree-row" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'chevron' : 'right'} /> <span className="cut">{name}</span>
        </button>
        {open && <Branches {...rest} path={item.path} />}
      </>
    );
  }
  const label = <><Icon name="file" /> <span className="cut">{name}</span></>;
  if (item.kind !== 'file') return <span className="tree-row soft" title={texts.files.link(item.link_target ?? '')}>{label}</span>;
  return rest.file(item.path, label);
}

function foldersFirst(a: Listed, b: Listed): number {
  return Number(b.kind === 'folder') - Number(a.kind === 'folder') || a.path.localeCompare(b.path);
}
