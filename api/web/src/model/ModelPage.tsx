import { useMe } from '../account/me';
import { texts } from '../kernel/text/texts';
import { Badge } from '../kernel/ui/Badge';
import { Shown } from '../kernel/ui/Shown';
import { useTitle } from '../kernel/ui/title';
import { ChooseModel } from './ChooseModel';
import { type DefaultModel, useModel } from './model';
import { TestModel } from './TestModel';

export function ModelPage() {
  useTitle(texts.model.title);
  const model = useModel();
  return (
    <div className="page">
      <h1>{texts.model.title}</h1>
      <p className="soft">{texts.model.about}</p>
      <Shown resource={model}>{(value) => <Setup model={value} onChanged={model.reload} />}</Shown>
    </div>
  );
}

function Setup({ model, onChanged }: { model: DefaultModel; onChanged: () => void }) {
  const { platform_admin: admin } = useMe();
  return (
    <>
      <section className="card card-padded stack-tight" aria-label={texts.model.now}>
        <div className="row-between">
          <h2>{texts.model.now}</h2>
          <Badge tone={model.configured ? 'good' : 'warn'}>{model.configured ? texts.model.configured : texts.model.tourOnly}</Badge>
        </div>
        <p className="mono">{model.name}</p>
        <p className="small soft">{model.priced ? texts.model.priced : texts.model.unpriced}</p>
        {model.fixed && <p>{texts.model.fixed}</p>}
        {!admin && <p>{texts.model.noneOthers}</p>}
        {admin && model.configured && <TestModel />}
      </section>
      {model.choosable && <ChooseModel chosen={model.chosen ?? null} onChanged={onChanged} />}
    </>
  );
}
