import { useId } from 'react';
import { moment } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Notice } from '../kernel/ui/Notice';
import { localTime, useLookBack } from './lookBack';

/** A field for a time; with one chosen the page shows what was then. */
export function LookBack() {
  const { at, go } = useLookBack();
  const id = useId();
  const then = at === null || Number.isNaN(Date.parse(at)) ? null : new Date(at);
  const choose = (value: string) => go(value === '' ? null : new Date(value).toISOString());
  return (
    <>
      <div className="row">
        <label className="small soft" htmlFor={id}>{texts.past.label}</label>
        <input
          id={id}
          className="input input-fit"
          type="datetime-local"
          step={1}
          max={localTime(new Date())}
          value={then ? localTime(then) : ''}
          onChange={(event) => choose(event.target.value)}
        />
      </div>
      {at !== null && (
        <Notice>
          <p className="grow" role="status">{texts.past.shown(then ? moment(at) : at)}</p>
          <Button small onClick={() => go(null)}>{texts.past.now}</Button>
        </Notice>
      )}
    </>
  );
}
