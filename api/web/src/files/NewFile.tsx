import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import { writeFile } from './files';

export function NewFile({ project }: { project: string }) {
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [path, setPath] = useState('');
  const create = useAction(async () => {
    await writeFile(project, path.trim(), '', null);
    setOpen(false);
    setPath('');
    await navigate(`/projects/${project}/files/${path.trim()}`);
  });
  return (
    <>
      <Button small onClick={() => setOpen(true)}>{texts.files.create}</Button>
      <FormDialog open={open} onClose={() => setOpen(false)} title={texts.files.createTitle} action={texts.files.createAction} busy={create.busy} problem={create.problem} onSubmit={() => void create.run()}>
        <TextField label={texts.files.path} placeholder="src/notes.md" spellCheck={false} value={path} onChange={(event) => setPath(event.target.value)} />
      </FormDialog>
    </>
  );
}
