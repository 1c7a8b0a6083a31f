import { useState } from 'react';
import { type Schema, write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Choice, TextField } from '../kernel/ui/Field';
import { ProblemNotice } from '../kernel/ui/Notice';
import type { Project } from './projects';

type Retention = Schema['Retention'];

/** What is proposed first: all of the last month, then every tenth. */
const PROPOSED: Retention = { days: 30, every: 10 };

/** How long the files of the project's steps are kept. */
export function RetentionSettings({ project, mayManage }: { project: Project; mayManage: boolean }) {
  const [now, setNow] = useState<Retention | null>(project.retention ?? null);
  const [thin, setThin] = useState(now !== null);
  const [days, setDays] = useState(String((now ?? PROPOSED).days));
  const [every, setEvery] = useState(String((now ?? PROPOSED).every));
  const wish = thin ? { days: Number(days), every: Number(every) } : null;
  const set = useAction(async () => {
    await write('PUT', `/api/v1/projects/${project.id}/retention`, { retention: wish });
    setNow(wish);
  });
  const same = JSON.stringify(wish) === JSON.stringify(now && { days: now.days, every: now.every });
  const valid = !thin || (/^\d+$/.test(days) && /^[1-9]\d*$/.test(every));
  if (!mayManage) {
    return (
      <section className="card card-padded stack-tight" aria-label={texts.retention.title}>
        <h2>{texts.retention.title}</h2>
        <p>{now ? texts.retention.thinned(now.days, now.every) : texts.retention.keepsAll} <span className="soft">{texts.retention.onlyAdmins}</span></p>
      </section>
    );
  }
  return (
    <form
      className="card card-padded stack"
      aria-label={texts.retention.title}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (valid && !same) void set.run();
      }}
    >
      <div className="stack-tight">
        <h2>{texts.retention.title}</h2>
        <p className="small soft">{texts.retention.about}</p>
      </div>
      <Choice legend={texts.retention.which} options={[['all', texts.retention.all], ['thin', texts.retention.thin]]} value={thin ? 'thin' : 'all'} onChange={(choice) => setThin(choice === 'thin')} />
      {thin && (
        <div className="fields">
          <TextField label={texts.retention.days} type="number" min={0} max={36500} value={days} error={/^\d+$/.test(days) ? undefined : texts.retention.number(0)} onChange={(event) => setDays(event.target.value)} />
          <TextField label={texts.retention.every} hint={texts.retention.everyHint} type="number" min={1} max={10000} value={every} error={/^[1-9]\d*$/.test(every) ? undefined : texts.retention.number(1)} onChange={(event) => setEvery(event.target.value)} />
        </div>
      )}
      {set.problem && <ProblemNotice problem={set.problem} />}
      <div className="row">
        <Button type="submit" disabled={same || !valid} busy={set.busy}>{texts.save}</Button>
        <span role="status" className="small soft">{now ? texts.retention.thinned(now.days, now.every) : texts.retention.keepsAll}</span>
      </div>
    </form>
  );
}
