import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Empty } from '../kernel/ui/Empty';
import { Shown } from '../kernel/ui/Shown';
import { address, readFile } from './files';
import { TextFile } from './TextFile';

interface Props {
  project: string;
  path: string;
  mayWrite: boolean;
}

export function FileView({ project, path, mayWrite }: Props) {
  const file = useResource(`${project}/${path}`, () => readFile(project, path));
  return (
    <Shown resource={file}>
      {(value) =>
        typeof value === 'string' ? (
          <Empty title={path} text={value === 'binary' ? texts.files.binary : texts.files.tooLarge}>
            <a className="button" href={address(project, path)} download>{texts.tool.download}</a>
          </Empty>
        ) : (
          <TextFile key={path} project={project} file={value} mayWrite={mayWrite} />
        )
      }
    </Shown>
  );
}
