import { useState } from 'react';
import { send } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { bytes } from '../kernel/text/format';
import { plain } from '../kernel/text/plain';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { ProblemNotice } from '../kernel/ui/Notice';

/** Characters that are put on the page; the rest is for the download. */
const SHOWN = 500_000;

export function FullOutput({ session, hash, size }: { session: string; hash: string; size: number }) {
  const [text, setText] = useState<string>();
  const address = `/api/v1/sessions/${session}/outputs/${hash}`;
  const read = useAction(async () => setText(plain(await (await send(address)).text())));
  return (
    <div className="stack-tight">
      <div className="row">
        {text === undefined && <Button small busy={read.busy} onClick={() => void read.run()}>{texts.tool.full(bytes(size))}</Button>}
        <a className="small" href={address} download={`output-${hash.slice(0, 12)}.txt`}>{texts.tool.download}</a>
      </div>
      {/* It may be longer than its box: to be scrolled by keyboard too. */}
      {text !== undefined && <pre className="pre pre-tall" tabIndex={0}>{text.slice(0, SHOWN)}</pre>}
      {text !== undefined && text.length > SHOWN && <p className="hint">{texts.tool.cut}</p>}
      {read.problem && <ProblemNotice problem={read.problem} />}
    </div>
  );
}
