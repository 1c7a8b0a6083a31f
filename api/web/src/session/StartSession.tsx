import { useState } from 'react';
import { useNavigate } from 'react-router';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Choice, TextArea, TextField } from '../kernel/ui/Field';
import { ProblemNotice } from '../kernel/ui/Notice';
import type { DefaultModel } from '../model/model';
import type { Session } from './sessions';

type EditMode = 'ask' | 'allow' | 'plan';
const MODES: readonly (readonly [EditMode, string])[] = (['ask', 'allow', 'plan'] as const).map((mode) => [mode, texts.session.editModes[mode] ?? mode]);

export function StartSession({ project, model }: { project: string; model: DefaultModel | undefined }) {
  const navigate = useNavigate();
  const [task, setTask] = useState('');
  const [mode, setMode] = useState<EditMode>('ask');
  const [limits, setLimits] = useState<Limits>({ model: '', steps: '', minutes: '', tokens: '', dollars: '' });
  const start = useAction(async () => {
    const session = await write<Session>('POST', `/api/v1/projects/${project}/sessions`, body(task, mode, limits));
    await navigate(`/sessions/${session.id}`);
  });
  const submit = (event: { preventDefault(): void }) => {
    event.preventDefault();
    void start.run();
  };
  return (
    <form className="card card-padded stack" aria-label={texts.session.start} onSubmit={submit}>
      <TextArea
        label={texts.session.task}
        placeholder={texts.session.taskHint}
        error={start.problem?.fields['/task']}
        value={task}
        onChange={(event) => setTask(event.target.value)}
        onKeyDown={(event) => (event.ctrlKey || event.metaKey) && event.key === 'Enter' && submit(event)}
      />
      <div className="row-between row-end">
        <Choice<EditMode> legend={texts.session.editMode} options={MODES} value={mode} hint={texts.session.editModeHelp[mode]} onChange={(next) => setMode(next)} />
        <Button type="submit" look="primary" busy={start.busy} disabled={!task.trim()}>{texts.session.start}</Button>
      </div>
      <details>
        <summary className="small soft">{texts.session.more}</summary>
        <LimitFields limits={limits} model={model} onChange={setLimits} />
      </details>
      {start.problem && <ProblemNotice problem={start.problem} />}
    </form>
  );
}

interface Limits {
  model: string;
  steps: string;
  minutes: string;
  tokens: string;
  dollars: string;
}

function LimitFields({ limits, model, onChange }: { limits: Limits; model: DefaultModel | undefined; onChange: (limits: Limits) => void }) {
  const field = (name: keyof Limits, label: string, placeholder: string) => (
    <TextField label={label} type={name === 'model' ? 'text' : 'number'} min={0} step={name === 'dollars' ? '0.01' : '1'} placeholder={placeholder} value={limits[name]} onChange={(event) => onChange({ ...limits, [name]: event.target.value })} />
  );
  return (
    <div className="fields fields-below">
      {field('model', texts.session.model, model?.name ?? '')}
      {field('steps', texts.session.maxSteps, '100')}
      {field('minutes', texts.session.maxMinutes, '60')}
      {field('tokens', texts.session.maxTokens, '2000000')}
      {field('dollars', texts.session.maxDollars, texts.session.noLimit)}
    </div>
  );
}

/** Only what was filled in; the server knows the rest. */
function body(task: string, mode: EditMode, limits: Limits) {
  const budget: Record<string, number> = {};
  const set = (name: string, text: string, factor: number) => {
    const value = Number(text);
    if (text.trim() && Number.isFinite(value)) budget[name] = Math.round(value * factor);
  };
  set('max_steps', limits.steps, 1);
  set('max_seconds', limits.minutes, 60);
  set('max_tokens', limits.tokens, 1);
  set('max_micro_usd', limits.dollars, 1_000_000);
  const model = limits.model.trim();
  return { task, edit_mode: mode, ...(model && { model }), ...(Object.keys(budget).length > 0 && { budget }) };
}
