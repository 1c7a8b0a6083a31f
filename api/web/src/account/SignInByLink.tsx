import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { send } from '../kernel/api/client';
import type { Problem } from '../kernel/api/problem';
import { asProblem } from '../kernel/live/resource';
import { texts } from '../kernel/text/texts';
import { ProblemNotice } from '../kernel/ui/Notice';

/** A link works once; mounting twice must not spend it twice. */
const asked = new Map<string, Promise<Response>>();

export function SignInByLink({ token, onDone }: { token: string; onDone: () => void }) {
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    const signIn = asked.get(token) ?? send('/api/v1/auth/link', { method: 'POST', json: { token } });
    asked.set(token, signIn);
    let shown = true;
    signIn.then(
      () => shown && onDone(),
      (error: unknown) => shown && setProblem(asProblem(error)),
    );
    return () => {
      shown = false;
    };
    // `onDone` is a new function each time and means the same.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [token]);
  if (!problem) return <p role="status">{texts.account.signingIn}</p>;
  return (
    <>
      <h1>{texts.account.linkFailed}</h1>
      <ProblemNotice problem={problem} />
      <p>{texts.account.linkAgain}</p>
      <pre className="pre">opensail sign-in-link</pre>
      <Link to="/sign-in" replace reloadDocument>
        {texts.account.signIn}
      </Link>
    </>
  );
}
