import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { EventItem } from '../kernel/live/event';
import { clock } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Choice, SelectField } from '../kernel/ui/Field';
import { Icon } from '../kernel/ui/Icon';
import { EMPTY } from '../session/conversation';
import { EntryList } from '../session/EntryList';
import { fold } from '../session/fold';
import { SessionStatus } from '../session/SessionStatus';
import { EventList } from './EventList';
import './replay.css';

interface Props {
  session: string;
  events: readonly EventItem[];
  /** Position to begin at; absent: the last. */
  start: number | null;
  /** Told whenever another moment is shown. */
  onMoment?(position: number): void;
  actions?: ReactNode;
  /** The files at a position, where they are to be had. */
  files?(position: number): ReactNode;
  /** What may be done from a position. */
  steps?(position: number): ReactNode;
}

type Side = 'talk' | 'files';
const SIDES: readonly (readonly [Side, string])[] = [['talk', texts.steps.talk], ['files', texts.steps.files]];

/** Goes through a session: what stood there after any of its events, from the events alone. */
export function Player({ session, events, start, onMoment, actions, files, steps }: Props) {
  const [type, setType] = useState('');
  const [side, setSide] = useState<Side>('talk');
  const [chosen, setChosen] = useState(start);
  const last = events.length - 1;
  const found = chosen === null ? last : events.findLastIndex((item) => item.position <= chosen);
  const at = Math.max(found, 0);
  const go = (index: number) => {
    const item = events[Math.min(Math.max(index, 0), last)];
    if (!item) return;
    setChosen(item.position);
    onMoment?.(item.position);
  };
  useStepKeys((by) => go(at + by));
  const conversation = useMemo(() => fold(EMPTY, events.slice(0, at + 1)), [events, at]);
  const types = useMemo(() => [...new Set(events.map((item) => item.type))].sort(), [events]);
  const current = events[at];
  if (!current) return <p className="soft page" role="status">{texts.loading}</p>;
  const step = (name: string, icon: 'first' | 'back' | 'forth' | 'last', to: number) => (
    <Button small aria-label={name} title={name} disabled={to < 0 || to > last || to === at} onClick={() => go(to)}><Icon name={icon} /></Button>
  );
  return (
    <div className="player">
      <div className="player-bar">
        <div className="row">
          {step(texts.history.first, 'first', 0)}
          {step(texts.history.previous, 'back', at - 1)}
          {step(texts.history.next, 'forth', at + 1)}
          {step(texts.history.last, 'last', last)}
        </div>
        <input
          className="player-slider"
          type="range"
          aria-label={texts.history.slider}
          aria-valuetext={`${texts.history.at(at + 1, events.length)}: ${current.type}`}
          min={0}
          max={last}
          value={at}
          onChange={(event) => go(Number(event.target.value))}
        />
        <p className="small soft" role="status">{texts.history.at(at + 1, events.length)} · {clock(current.time)}</p>
        <p className="small soft player-keys"><span className="kbd">←</span> <span className="kbd">→</span> {texts.history.keys}</p>
        {actions}
      </div>
      <div className="player-panes">
        <section className="player-events" aria-label={texts.history.events}>
          <SelectField label={texts.history.type} value={type} onChange={(event) => setType(event.target.value)}>
            <option value="">{texts.history.all}</option>
            {types.map((name) => <option key={name} value={name}>{name}</option>)}
          </SelectField>
          <EventList events={events} type={type} current={current.position} onChoose={(position) => go(events.findIndex((item) => item.position === position))} />
          <details>
            <summary className="small">{texts.history.data}</summary>
            {/* It may be longer than its box: to be scrolled by keyboard too. */}
            <pre className="pre player-data" tabIndex={0}>{JSON.stringify(current, null, 2)}</pre>
          </details>
        </section>
        <section className="player-talk talk" aria-label={texts.history.then}>
          <div className="row player-state">
            <SessionStatus status={conversation.status} />
            {files ? <Choice<Side> legend={texts.steps.show} options={SIDES} value={side} onChange={setSide} /> : <span className="small soft">{texts.history.then}</span>}
            {steps && <span className="row player-steps">{steps(current.position)}</span>}
          </div>
          {files && side === 'files' ? files(current.position) : <EntryList session={session} conversation={conversation} answering="past" follow />}
        </section>
      </div>
    </div>
  );
}

/** Where arrows have a meaning of their own. */
const OWN_ARROWS = 'input, select, textarea, [role="listbox"], [contenteditable]';

/** The arrows left and right step through the session from anywhere on its page. */
function useStepKeys(step: (by: number) => void): void {
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const plain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      if (!by || !plain || (event.target instanceof Element && event.target.closest(OWN_ARROWS))) return;
      event.preventDefault();
      step(by);
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  });
}
