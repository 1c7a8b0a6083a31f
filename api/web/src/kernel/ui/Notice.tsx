import type { ReactNode } from 'react';
import type { Problem } from '../api/problem';
import { texts } from '../text/texts';
import { Button } from './Button';

export function Notice({ tone, children, alert }: { tone?: 'bad' | 'warn'; children: ReactNode; alert?: boolean }) {
  return (
    <div className={tone ? `notice notice-${tone}` : 'notice'} role={alert ? 'alert' : undefined}>
      {children}
    </div>
  );
}

export function ProblemNotice({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <Notice tone="bad" alert>
      <p className="grow">
        {sentence(problem.message) || texts.problem.title} {problem.retryAfter && texts.problem.wait(problem.retryAfter)}
      </p>
      {retry && <Button small onClick={retry}>{texts.retry}</Button>}
    </Notice>
  );
}

/** The server's texts begin small and end open. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) || begun === '' ? begun : `${begun}.`;
}
