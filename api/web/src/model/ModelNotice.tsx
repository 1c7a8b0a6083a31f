import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { texts } from '../kernel/text/texts';
import { Notice } from '../kernel/ui/Notice';
import type { DefaultModel } from './model';

/** No model is set up: who can do it and where, and what to do meanwhile. */
export function ModelNotice({ model, children }: { model: DefaultModel; children?: ReactNode }) {
  return (
    <Notice tone="warn">
      <div className="grow stack-tight">
        <h2 className="notice-title">{texts.model.none}</h2>
        <p>{model.choosable ? texts.model.noneText : texts.model.noneOthers}</p>
        <div className="row">
          {model.choosable && <Link className="button" to="/model">{texts.model.setUp}</Link>}
          {children}
        </div>
      </div>
    </Notice>
  );
}
