import type { ReactNode } from 'react';
import type { Resource } from '../live/resource';
import { texts } from '../text/texts';
import { Empty } from './Empty';
import { ProblemNotice } from './Notice';

/** What a resource holds, or that it is on its way, or why it cannot be shown. */
export function Shown<T>({ resource, children }: { resource: Resource<T>; children: (value: T) => ReactNode }) {
  const { value, problem, reload } = resource;
  if (value !== undefined) {
    return (
      <>
        {problem && <ProblemNotice problem={problem} retry={reload} />}
        {children(value)}
      </>
    );
  }
  if (problem?.status === 404) return <Empty whole title={texts.notFound.title} text={texts.notFound.text} />;
  if (problem) return <ProblemNotice problem={problem} retry={reload} />;
  return <p className="soft" role="status">{texts.loading}</p>;
}
