import { Link, useSearchParams } from 'react-router';
import { get, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { amount, dollars, milliseconds } from '../kernel/text/format';
import { plain } from '../kernel/text/plain';
import { texts } from '../kernel/text/texts';
import { Shown } from '../kernel/ui/Shown';
import { FileChanges } from '../session/FileChanges';
import { useInSession } from '../session/SessionPage';
import { SessionStatus } from '../session/SessionStatus';
import { useSession } from '../session/sessions';
import './steps.css';

type Way = Schema['ComparedBody'];

/** Two sessions since they parted, side by side. */
export function CompareView() {
  const { session } = useInSession();
  const other = useSearchParams()[0].get('with') ?? '';
  const path = `/api/v1/sessions/${session.id}/compare?with=${encodeURIComponent(other)}`;
  const streams = [`agent_session-${session.id}`, `agent_session-${other}`];
  const comparison = useResource(path, () => get<Schema['Comparison']>(path), (item) => streams.includes(item.stream));
  return (
    <div className="page">
      <div className="row-between">
        <h2>{texts.compare.title}</h2>
        <Link to={`/sessions/${session.id}/forks`}>{texts.compare.back}</Link>
      </div>
      <Shown resource={comparison}>
        {({ ancestor, left, right, files }) => (
          <>
            <p className="soft">
              {ancestor ? <>{texts.compare.parted} <Link to={`/sessions/${ancestor.session_id}/history?at=${ancestor.position}`}>{texts.compare.event(ancestor.position)}</Link>.</> : texts.compare.nothing}
            </p>
            <div className="ways">
              <WayView way={left} side={texts.compare.left} />
              <WayView way={right} side={texts.compare.right} />
            </div>
            <section className="stack-tight" aria-label={texts.compare.files}>
              <h2>{texts.compare.files}</h2>
              {files.length === 0 ? <p className="soft">{texts.compare.same}</p> : <FileChanges files={files} />}
            </section>
          </>
        )}
      </Shown>
    </div>
  );
}

function WayView({ way, side }: { way: Way; side: string }) {
  const title = useSession(way.session_id).value?.title ?? '…';
  return (
    <section className="card card-padded stack-tight" aria-label={side}>
      <div className="row-between">
        <h3><span className="soft">{side}:</span> <Link to={`/sessions/${way.session_id}`}>{title}</Link></h3>
        <SessionStatus status={way.status} />
      </div>
      <dl className="way-facts">
        <div><dt>{texts.session.steps}</dt><dd>{amount(way.steps.length)}</dd></div>
        <div><dt>{texts.compare.time}</dt><dd>{milliseconds(way.work_ms)}</dd></div>
        <div><dt>{texts.session.tokens}</dt><dd>{amount(way.input_tokens + way.output_tokens)}</dd></div>
        <div><dt>{texts.session.cost}</dt><dd>{dollars(way.micro_usd)}</dd></div>
      </dl>
      {way.steps.length === 0 && <p className="small soft">{texts.compare.noSteps}</p>}
      <ol className="stack-tight">
        {way.steps.map((step, index) => (
          <li key={step.position} className="way-step">
            <p className="small"><Link to={`/sessions/${step.session_id}/history?at=${step.position}`}>{texts.compare.step(index + 1)}</Link></p>
            {step.text && <p>{plain(step.text)}</p>}
            {step.calls.map((call) => (
              <p key={call.call_id} className="small soft">
                <span className="mono">{call.tool}</span> {call.outcome ? (texts.tool.outcomes[call.outcome] ?? call.outcome) : texts.tool.running}
                {call.changed ? <> · {texts.steps.changed(call.changed)}</> : null}
              </p>
            ))}
          </li>
        ))}
      </ol>
    </section>
  );
}
