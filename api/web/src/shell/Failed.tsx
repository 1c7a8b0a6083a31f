import { Link, useRouteError } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Empty } from '../kernel/ui/Empty';

export function NotFound() {
  return (
    <div className="page">
      <Empty whole title={texts.notFound.title} text={texts.notFound.text}><Link to="/projects">{texts.notFound.home}</Link></Empty>
    </div>
  );
}

/** A mistake of ours, or a part of the console that could not be loaded. */
export function Failed() {
  const error = useRouteError();
  console.error(error);
  return (
    <main className="page">
      <Empty whole title={texts.problem.title} text={texts.problem.unexpected}><Button onClick={() => location.reload()}>{texts.retry}</Button></Empty>
    </main>
  );
}
