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

/** Which event wrote the file last, and whether it is still as that event left it. */
export function FileOrigin({ project, path, etag }: { project: string; path: string; etag: string }) {
  const address = `/api/v1/projects/${project}/file-origin?path=${encodeURIComponent(path)}`;
  // `etag`: it was saved here.
  const origin = useResource(`${address} ${etag}`, () => get<Origin>(address), (item) => item.project_id === project && WRITES.test(item.type)).value;
  if (!origin) return <p className="small soft">{texts.loading}</p>;
  const { event, hash } = origin;
  if (!event) return <p className="small soft">{texts.files.originNone}</p>;
  const session = /^agent_session-(.+)$/.exec(event.stream)?.[1];
  return (
    <p className="small soft">
      {session ? texts.files.originAgent(event.actor.name) : texts.files.originPerson(event.actor.name)} <time dateTime={event.time} title={moment(event.time)}>{ago(event.time)}</time>
      {session && <> · <Link to={`/sessions/${session}/history?at=${event.position}`}>{texts.files.originOpen}</Link></>}
      {`"${hash}"` !== etag && <> · {texts.files.originChanged}</>}
    </p>
  );
}
