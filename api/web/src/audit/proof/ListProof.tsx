import { texts } from '../../kernel/text/texts';
import { Button } from '../../kernel/ui/Button';
import { ProblemNotice } from '../../kernel/ui/Notice';
import type { Proofs } from './useProofs';

/** Verifies all events of the list, and tells what came of it. */
export function ListProof({ count, proofs }: { count: number; proofs: Proofs }) {
  const all = [...proofs.of].map(([item, proof]) => ({ item, ...proof }));
  const good = all.filter(({ at }) => at !== undefined);
  const bad = all.filter(({ failure }) => failure).map(({ item }) => item.position);
  const problem = all.find(({ problem }) => problem)?.problem;
  const whole = proofs.all && good.length + bad.length === count;
  const size = Math.min(...good.map(({ head }) => head?.checkpoint.size ?? 0));
  return (
    <div className="row list-proof">
      {(!proofs.all || problem) && <Button small onClick={proofs.verifyAll}>{texts.seal.all}</Button>}
      <p role="status" className="small soft">
        {proofs.all && !whole && texts.seal.some(good.length + bad.length, count)}
        {whole && bad.length === 0 && texts.seal.proven(good.length, size)}
      </p>
      {bad.length > 0 && <p role="alert" className="bad">{texts.seal.broken(bad.length, Math.min(...bad))}</p>}
      {problem && <ProblemNotice problem={problem} />}
    </div>
  );
}
