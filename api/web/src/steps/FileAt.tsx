import { lazy, Suspense, useState } from 'react';
import { readText } from '../files/files';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Shown } from '../kernel/ui/Shown';
import { Blame } from './Blame';
import { fileAt } from './snapshots';

/** The editor is large and loaded with the first file. */
const Editor = lazy(async () => ({ default: (await import('../files/Editor')).Editor }));
const nothing = () => undefined;

/** A file as it was, to read and to download. */
export function FileAt({ session, position, path }: { session: string; position: number; path: string }) {
  const [lines, setLines] = useState(false);
  const address = fileAt(session, position, path);
  const file = useResource(address, () => readText(address, path));
  return (
    <section className="stack-tight" aria-label={texts.steps.asItWas(path)}>
      <p className="row small"><strong className="mono grow file-name">{path}</strong> {typeof file.value === 'object' && <Button small onClick={() => setLines(!lines)}>{lines ? texts.blame.hide : texts.blame.show}</Button>} <a href={address} download>{texts.tool.download}</a></p>
      <Shown resource={file}>
        {(value) =>
          typeof value === 'string' ? (
            <p className="soft">{value === 'binary' ? texts.files.binary : texts.files.tooLarge}</p>
          ) : lines ? (
            <Blame session={session} path={path} position={position} />
          ) : (
            <Suspense fallback={<p className="soft" role="status">{texts.loading}</p>}>
              <Editor path={path} text={value.text} readOnly onChange={nothing} onSave={nothing} />
            </Suspense>
          )
        }
      </Shown>
    </section>
  );
}
