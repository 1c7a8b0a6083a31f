import { useContext, useState } from 'react';
import { useAction } from '../kernel/action';
import { bytes } from '../kernel/text/format';
import { plain } from '../kernel/text/plain';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { ProblemNotice } from '../kernel/ui/Notice';
import { OutputsContext } from './outputs';

/** Characters that are put on the page; the rest is for the download. */
const SHOWN = 500_000;

export function FullOutput({ session, hash, size }: { session: string; hash: string; size: number }) {
  const [text, setText] = useState<string>();
  const outputs = useContext(OutputsContext);
  const address = outputs.address(session, hash);
  const read = useAction(async () => setText(plain(await outputs.read(session, hash))));
  return (
    <div className="stack-tight">
      <div className="row">
        {text === undefined && <Button small busy={read.busy} onClick={() => void read.run()}>{texts.tool.full(bytes(size))}</Button>}
        {address && <a className="small" href={address} download={`output-${hash.slice(0, 12)}.txt`}>{texts.tool.download}</a>}
      </div>
      {/* It may be longer than its box: to be scrolled by keyboard too. */}
      {text !== undefined && <pre className="pre pre-tall" tabIndex={0}>{text.slice(0, SHOWN)}</pre>}
      {text !== undefined && text.length > SHOWN && <p className="hint">{texts.tool.cut}</p>}
      {read.problem && <ProblemNotice problem={read.problem} />}
    </div>
  );
}
