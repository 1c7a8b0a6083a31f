import { Link } from 'react-router';
import { texts } from '../text/texts';

export function Crumbs({ places }: { places: readonly (readonly [string, string])[] }) {
  return (
    <nav className="crumbs" aria-label={texts.project.crumbs}>
      <ol>{places.map(([to, name]) => <li key={to}><Link to={to}>{name}</Link></li>)}</ol>
    </nav>
  );
}
