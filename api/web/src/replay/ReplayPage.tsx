import { useMemo, useState } from 'react';
import { Problem } from '../kernel/api/problem';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { TextField } from '../kernel/ui/Field';
import { ProblemNotice } from '../kernel/ui/Notice';
import { useTitle } from '../kernel/ui/title';
import { Player } from './Player';
import { OutputsContext } from '../session/outputs';
import { blobText, type ReplayFile, readReplayFile } from './replayFile';

/** An exported session, stepped through in this browser alone. */
export function ReplayPage() {
  useTitle(texts.replay.title);
  const [file, setFile] = useState<ReplayFile>();
  const [problem, setProblem] = useState<Problem>();
  const open = async (chosen: File | undefined) => {
    if (!chosen) return;
    try {
      setFile(readReplayFile(await chosen.text()));
      setProblem(undefined);
    } catch (error) {
      setProblem(new Problem(0, 'bad_file', error instanceof Error ? error.message : texts.replay.bad));
    }
  };
  if (file) return <Replay file={file} onOther={() => setFile(undefined)} />;
  return (
    <div className="page">
      <h1>{texts.replay.title}</h1>
      <p className="soft">{texts.replay.text}</p>
      <div className="card card-padded">
        <TextField label={texts.replay.choose} type="file" accept=".jsonl,application/x-ndjson" onChange={(event) => void open(event.target.files?.[0])} />
      </div>
      {problem && <ProblemNotice problem={problem} />}
    </div>
  );
}

function Replay({ file, onOther }: { file: ReplayFile; onOther: () => void }) {
  const outputs = useMemo(() => ({ read: async (_: string, hash: string) => blobText(file, hash), address: () => null }), [file]);
  return (
    <OutputsContext value={outputs}>
      <div className="replay-page">
        <h1 className="hidden">{texts.replay.title}</h1>
        <Player session={file.session} events={file.events} start={null} actions={<Button small onClick={onOther}>{texts.replay.other}</Button>} />
      </div>
    </OutputsContext>
  );
}
