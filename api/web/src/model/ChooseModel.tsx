import { useState } from 'react';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Choice, TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import { ProblemNotice } from '../kernel/ui/Notice';
import { chooseModel, clearModel, type DefaultModel, type ModelWish } from './model';
import { TestModel } from './TestModel';

type Provider = ModelWish['provider'];
type Chosen = NonNullable<DefaultModel['chosen']>;

const PROVIDERS = (['openai', 'anthropic'] as const).map((provider) => [provider, texts.model.providers[provider] ?? provider] as const);
const EXAMPLES: Record<Provider, string> = { openai: 'gpt-5', anthropic: 'claude-sonnet-4.6' };

/** Another service, model or key. The key goes to the server and is never seen again. */
export function ChooseModel({ chosen, onChanged }: { chosen: Chosen | null; onChanged: () => void }) {
  const [provider, setProvider] = useState<Provider>(chosen?.provider ?? 'openai');
  const [name, setName] = useState(chosen?.name ?? '');
  const [address, setAddress] = useState(chosen?.base_url ?? '');
  const [key, setKey] = useState('');
  const [asking, setAsking] = useState(false);
  const base_url = address.trim().replace(/\/+$/, '') || null;
  const kept = chosen?.has_key === true && chosen.provider === provider && (chosen.base_url ?? null) === base_url;
  const wish: ModelWish = { provider, name, base_url, ...(key.trim() && { api_key: key.trim() }) };
  const [saved, setSaved] = useState(false);
  const save = useAction(async () => {
    await chooseModel(wish);
    setKey('');
    setSaved(true);
    onChanged();
  });
  const clear = useAction(async () => {
    await clearModel();
    setAsking(false);
    setSaved(false);
    onChanged();
  });
  const wrong = save.problem?.fields ?? {};
  return (
    <form
      className="card card-padded stack"
      aria-label={texts.model.choose}
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <h2>{texts.model.choose}</h2>
      <Choice<Provider> legend={texts.model.provider} options={PROVIDERS} value={provider} hint={texts.model.providerHelp[provider]} onChange={setProvider} />
      <TextField label={texts.model.name} hint={texts.model.nameHint} placeholder={EXAMPLES[provider]} spellCheck={false} error={wrong['/name']} value={name} onChange={(event) => setName(event.target.value)} />
      <TextField label={texts.model.address} hint={texts.model.addressHint} placeholder="http://127.0.0.1:11434/v1" spellCheck={false} error={wrong['/base_url']} value={address} onChange={(event) => setAddress(event.target.value)} />
      <TextField label={texts.model.key} hint={kept ? texts.model.keyKept : texts.model.keyHint} type="password" autoComplete="off" error={wrong['/api_key']} value={key} onChange={(event) => setKey(event.target.value)} />
      {save.problem && Object.keys(wrong).length === 0 && <ProblemNotice problem={save.problem} />}
      <TestModel wish={wish} />
      <div className="row">
        <Button type="submit" look="primary" busy={save.busy} disabled={!name.trim()}>{texts.model.save}</Button>
        {chosen && <Button look="danger" onClick={() => setAsking(true)}>{texts.model.clear}</Button>}
        <span className="small soft" role="status">{saved && texts.model.saved}</span>
      </div>
      <FormDialog open={asking} onClose={() => setAsking(false)} title={texts.model.clearTitle} text={texts.model.clearText} action={texts.model.clearAction} danger busy={clear.busy} problem={clear.problem} onSubmit={() => void clear.run()} />
    </form>
  );
}
