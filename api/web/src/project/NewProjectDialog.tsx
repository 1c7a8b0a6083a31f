import { useState } from 'react';
import { useNavigate } from 'react-router';
import { get, type Listing, type Schema, write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Choice, SelectField, TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import type { Project } from './projects';

type Kind = 'empty' | 'folder' | 'git' | 'template';
const KINDS: readonly (readonly [Kind, string])[] = (['empty', 'folder', 'git', 'template'] as const).map((kind) => [kind, texts.project.sources[kind] ?? kind]);

interface Props {
  team: string;
  open: boolean;
  onClose(): void;
}

export function NewProjectDialog(props: Props) {
  return props.open ? <Form {...props} /> : null;
}

function Form({ team, open, onClose }: Props) {
  const navigate = useNavigate();
  const templates = useResource('templates', () => get<Listing<Schema['Template']>>('/api/v1/templates')).value?.items ?? [];
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Kind>('empty');
  const [path, setPath] = useState('');
  const [url, setUrl] = useState('');
  const [ref, setRef] = useState('');
  const [template, setTemplate] = useState('');
  const source = {
    empty: { kind },
    folder: { kind, path },
    git: ref.trim() ? { kind, url, ref: ref.trim() } : { kind, url },
    template: { kind, name: template || templates[0]?.name },
  }[kind];
  const create = useAction(async () => {
    const project = await write<Project>('POST', '/api/v1/projects', { team_id: team, name, source });
    await navigate(`/projects/${project.id}`);
  });
  const wrong = create.problem?.fields ?? {};
  return (
    <FormDialog open={open} onClose={onClose} title={texts.project.createTitle} action={texts.project.createAction} busy={create.busy} problem={create.problem} onSubmit={() => void create.run()}>
      <TextField label={texts.project.name} error={wrong['/name']} value={name} onChange={(event) => setName(event.target.value)} />
      <Choice<Kind> legend={texts.project.source} options={KINDS} value={kind} hint={texts.project.sourceHelp[kind]} onChange={(next) => setKind(next)} />
      {kind === 'folder' && <TextField label={texts.project.path} error={wrong['/source/path']} placeholder="/home/you/work" spellCheck={false} value={path} onChange={(event) => setPath(event.target.value)} />}
      {kind === 'git' && (
        <>
          <TextField label={texts.project.url} error={wrong['/source/url']} placeholder="https://host/owner/name.git" spellCheck={false} value={url} onChange={(event) => setUrl(event.target.value)} />
          <TextField label={texts.project.ref} hint={texts.project.refHint} error={wrong['/source/ref']} spellCheck={false} value={ref} onChange={(event) => setRef(event.target.value)} />
        </>
      )}
      {kind === 'template' && (
        <SelectField label={texts.project.template} error={wrong['/source/name']} value={template} onChange={(event) => setTemplate(event.target.value)}>
          {templates.map(({ name: option }) => <option key={option} value={option}>{option}</option>)}
        </SelectField>
      )}
    </FormDialog>
  );
}
