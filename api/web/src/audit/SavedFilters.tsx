import { useState } from 'react';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextField } from '../kernel/ui/Field';
import { FormDialog } from '../kernel/ui/FormDialog';
import { Icon } from '../kernel/ui/Icon';
import { type Filters, keep, type Saved, saved } from './filters';

/** Filters under a name, kept by this browser. */
export function SavedFilters({ filters, onChoose }: { filters: Filters; onChoose: (filters: Filters) => void }) {
  const [known, setKnown] = useState<Saved>(saved);
  const [asking, setAsking] = useState(false);
  const [name, setName] = useState('');
  const set = (next: Saved) => {
    keep(next);
    setKnown(next);
  };
  return (
    <div className="row saved-filters" role="group" aria-label={texts.audit.saved}>
      {Object.entries(known).map(([key, value]) => (
        <span key={key} className="row saved-filter">
          <Button small onClick={() => onChoose(value)}>{key}</Button>
          <Button small look="quiet" aria-label={texts.audit.forget(key)} onClick={() => set(Object.fromEntries(Object.entries(known).filter(([other]) => other !== key)))}><Icon name="close" /></Button>
        </span>
      ))}
      <Button small onClick={() => setAsking(true)}>{texts.audit.saveFilter}</Button>
      <FormDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={texts.audit.saveTitle}
        action={texts.save}
        busy={false}
        problem={undefined}
        onSubmit={() => {
          if (!name.trim()) return;
          set({ ...known, [name.trim()]: filters });
          setName('');
          setAsking(false);
        }}
      >
        <TextField label={texts.audit.saveName} value={name} onChange={(event) => setName(event.target.value)} />
      </FormDialog>
    </div>
  );
}
