import { useEffect, useState } from 'react';
import { useBlocker, useNavigate } from 'react-router';
import { Problem } from '../kernel/api/problem';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { FormDialog } from '../kernel/ui/FormDialog';
import { ProblemNotice } from '../kernel/ui/Notice';
import { Blame } from '../steps/Blame';
import { Conflict } from './Conflict';
import { Editor } from './Editor';
import { FileOrigin } from './FileOrigin';
import { deleteFile, type OpenFile, readFile, writeFile } from './files';

interface Props {
  project: string;
  file: OpenFile;
  mayWrite: boolean;
}

/** A file to read or to change. What is on the server is written over only when it is what was read. */
export function TextFile({ project, file, mayWrite }: Props) {
  const navigate = useNavigate();
  const [base, setBase] = useState(file);
  /** What the editor begins with; typing and saving leave it alone. */
  const [begin, setBegin] = useState(file.text);
  const [text, setText] = useState(file.text);
  const [theirs, setTheirs] = useState<OpenFile>();
  const [asking, setAsking] = useState(false);
  const [saved, setSaved] = useState(false);
  /** Whose lines are shown in the editor's place. */
  const [lines, setLines] = useState<{ session: string; still: boolean }>();
  const dirty = text !== base.text;
  useLeaveGuard(dirty);
  const save = useAction(async (wish: string, etag: string) => {
    try {
      const next = await writeFile(project, base.path, wish, etag);
      setBase({ path: base.path, text: wish, etag: next });
      setText(wish);
      if (theirs) setBegin(wish);
      setTheirs(undefined);
      setSaved(true);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      const now = await readFile(project, base.path);
      if (typeof now === 'string') throw error;
      setText(wish);
      setTheirs(now);
    }
  });
  const remove = useAction(() => deleteFile(project, base.path, base.etag).then(() => navigate(`/projects/${project}/files`)));
  const take = (now: OpenFile) => {
    setBase(now);
    setText(now.text);
    setBegin(now.text);
    setTheirs(undefined);
  };
  if (theirs) {
    return <Conflict path={base.path} theirs={theirs.text} mine={text} busy={save.busy} onTheirs={() => take(theirs)} onMine={(mine) => void save.run(mine, theirs.etag)} />;
  }
  return (
    <section className="file stack-tight" aria-label={base.path}>
      <header className="row">
        <h2 className="mono file-name grow">{base.path}</h2>
        <span className="small soft" role="status">{dirty ? texts.files.unsaved : saved ? texts.files.saved : ''}</span>
        {mayWrite && (
          <>
            <Button small look="primary" disabled={!dirty} busy={save.busy} onClick={() => void save.run(text, base.etag)}>{texts.files.save}</Button>
            <Button small look="danger" onClick={() => setAsking(true)}>{texts.files.delete}</Button>
          </>
        )}
      </header>
      <FileOrigin project={project} path={base.path} etag={base.etag} onLines={(session, still) => setLines({ session, still })} />
      {save.problem && <ProblemNotice problem={save.problem} />}
      {lines && (
        <>
          <div><Button small onClick={() => setLines(undefined)}>{texts.blame.hide}</Button></div>
          {!lines.still && <p className="small">{texts.blame.stale}</p>}
          <Blame session={lines.session} path={base.path} />
        </>
      )}
      {/* Stays, so that nothing typed is lost. */}
      <div className="file-editor" hidden={lines !== undefined}>
        <Editor path={base.path} text={begin} readOnly={!mayWrite} onChange={setText} onSave={() => dirty && void save.run(text, base.etag)} />
      </div>
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.files.deleteTitle(base.path)} action={texts.files.deleteAction} danger busy={remove.busy} problem={remove.problem} onSubmit={() => void remove.run()} />
    </section>
  );
}

/** Asks before changes are lost: to another page of ours, and to elsewhere. */
function useLeaveGuard(dirty: boolean): void {
  const blocker = useBlocker(dirty);
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    if (confirm(texts.files.leave)) blocker.proceed();
    else blocker.reset();
  }, [blocker]);
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [dirty]);
}
