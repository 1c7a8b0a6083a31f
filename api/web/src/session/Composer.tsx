import { useState } from 'react';
import { write } from '../kernel/api/client';
import { useAction } from '../kernel/action';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { ProblemNotice } from '../kernel/ui/Notice';
import { finished } from './sessions';

export function Composer({ session, status }: { session: string; status: string }) {
  const [text, setText] = useState('');
  const say = useAction(async () => {
    await write('POST', `/api/v1/sessions/${session}/messages`, { text });
    setText('');
  });
  const submit = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (text.trim()) void say.run();
  };
  return (
    <form className="composer" aria-label={texts.session.message} onSubmit={submit}>
      {say.problem && <ProblemNotice problem={say.problem} />}
      <div className="composer-row">
        <textarea
          className="input"
          aria-label={texts.session.message}
          rows={2}
          placeholder={finished(status) ? texts.session.messageAgain : texts.session.messageHint}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => (event.ctrlKey || event.metaKey) && event.key === 'Enter' && submit(event)}
        />
        <Button type="submit" look="primary" busy={say.busy} disabled={!text.trim()}>{texts.session.send}</Button>
      </div>
    </form>
  );
}
