import { useState } from 'react';
import { Link } from 'react-router';
import { get, type Schema } from '../kernel/api/client';
import { useResource } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Shown } from '../kernel/ui/Shown';
import './steps.css';

/** Lines that are drawn at once. */
const PORTION = 1000;

interface Props {
  session: string;
  path: string;
  /** As it was there; the session's last files when absent. */
  position?: number;
}

/** Which event wrote each line of a file. */
export function Blame({ session, path, position }: Props) {
  const [most, setMost] = useState(PORTION);
  const address = `/api/v1/sessions/${session}/blame?path=${encodeURIComponent(path)}${position === undefined ? '' : `&at=${position}`}`;
  const blame = useResource(address, () => get<Schema['Blame']>(address));
  return (
    <Shown resource={blame}>
      {({ items }) => (
        <>
          <div className="card table-scroll" role="region" aria-label={texts.blame.lines(path)} tabIndex={0}>
            <table className="blame">
              <thead className="hidden"><tr><th scope="col">{texts.blame.event}</th><th scope="col">{texts.blame.line}</th><th scope="col">{texts.blame.text}</th></tr></thead>
              <tbody>
                {items.slice(0, most).map(({ line, text, position }, at) => {
                  const first = at === 0 || items[at - 1]?.position !== position;
                  return (
                    <tr key={line} className={first ? 'blame-first' : undefined}>
                      <td className="small">{first && (position == null ? <span className="soft">{texts.blame.before}</span> : <Link to={`/sessions/${session}/history?at=${position}`}>{texts.blame.at(position)}</Link>)}</td>
                      <td className="blame-line">{line}</td>
                      <td>{text.replace(/\r?\n$/, '')}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
          <p className="small soft">{texts.blame.about}</p>
          {items.length > most && <div><Button onClick={() => setMost(most + PORTION)}>{texts.more}</Button></div>}
        </>
      )}
    </Shown>
  );
}
