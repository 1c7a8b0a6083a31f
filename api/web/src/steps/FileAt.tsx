import { lazy, Suspense } from 'react';
import { readText } from '../files/files';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Shown } from '../kernel/ui/Shown';
import { fileAt } from './snapshots';

/** The editor is large and loaded with the first file. */
const Editor = lazy(async () => ({ default: (await import('../files/Editor')).Editor }));
const nothing = () => undefined;

/** A file as it was, to read and to download. */
export function FileAt({ session, position, path }: { session: string; position: number; path: string }) {
  const address = fileAt(session, position, path);
  const file = useResource(address, () => readText(address, path));
  return (
    <section className="stack-tight" aria-label={texts.steps.asItWas(path)}>
      <p className="row small"><strong className="mono grow file-name">{path}</strong> <a href={address} download>{texts.tool.download}</a></p>
      <Shown resource={file}>
        {(value) =>
          typeof value === 'string' ? (
            <p className="soft">{value === 'binary' ? texts.files.binary : texts.files.tooLarge}</p>
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
