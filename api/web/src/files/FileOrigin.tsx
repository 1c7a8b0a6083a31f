import { Link } from 'react-router';
import { get } from '../kernel/api/client';
import type { EventItem } from '../kernel/live/event';
import { useResource } from '../kernel/live/resource';
import { ago, moment } from '../kernel/text/format';
import { texts } from '../kernel/text/texts';
import { WRITES } from './files';

interface Origin {
  hash: string | null;
  event: EventItem | null;
}

interface Props {
  project: string;
  path: string;
  etag: string;
  /** Shows the lines of the session that wrote it last, and whether they are still those of the file. */
  onLines(session: string, still: boolean): void;
}

/** Which event wrote the file last, and whether it is still as that event left it. */
export function FileOrigin({ project, path, etag, onLines }: Props) {
  const address = `/api/v1/projects/${project}/file-origin?path=${encodeURIComponent(path)}`;
  // `etag`: it was saved here.
  const origin = useResource(`${address} ${etag}`, () => get<Origin>(address), (item) => item.project_id === project && WRITES.test(item.type)).value;
  if (!origin) return <p className="small soft">{texts.loading}</p>;
  const { event, hash } = origin;
  if (!event) return <p className="small soft">{texts.files.originNone}</p>;
  const still = `"${hash}"` === etag;
  const session = /^agent_session-(.+)$/.exec(event.stream)?.[1];
  return (
    <p className="small soft">
      {session ? texts.files.originAgent(event.actor.name) : texts.files.originPerson(event.actor.name)} <time dateTime={event.time} title={moment(event.time)}>{ago(event.time)}</time>
      {session && <> · <Link to={`/sessions/${session}/history?at=${event.position}`}>{texts.files.originOpen}</Link> · <button type="button" className="link-button" onClick={() => onLines(session, still)}>{texts.blame.show}</button></>}
      {!still && <> · {texts.files.originChanged}</>}
    </p>
  );
}
