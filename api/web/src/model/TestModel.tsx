import { useState } from 'react';
import { useAction } from '../kernel/action';
import { milliseconds } from '../kernel/text/format';
import { plain } from '../kernel/text/plain';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Notice, ProblemNotice } from '../kernel/ui/Notice';
import { type ModelTested, type ModelWish, testModel } from './model';

/** Longest answer shown, in characters: it should be one word. */
const SHOWN = 300;

/** A button that asks the model one question, and what came back. */
export function TestModel({ wish }: { wish?: ModelWish }) {
  const [tested, setTested] = useState<ModelTested>();
  const test = useAction(async () => {
    setTested(undefined);
    setTested(await testModel(wish));
  });
  return (
    <div className="stack-tight">
      <div className="row"><Button busy={test.busy} onClick={() => void test.run()}>{test.busy ? texts.model.testing : texts.model.test}</Button></div>
      <div role="status">
        {tested && (
          <Notice {...(tested.ok ? {} : { tone: 'bad' as const })}>
            <p className="grow">
              <strong>{tested.ok ? texts.model.answered(tested.model, milliseconds(tested.duration_ms)) : texts.model.notAnswered(tested.model)}</strong> {plain(tested.detail).slice(0, SHOWN)}
            </p>
          </Notice>
        )}
      </div>
      {test.problem && <ProblemNotice problem={test.problem} />}
    </div>
  );
}
