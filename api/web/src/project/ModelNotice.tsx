import type { ReactNode } from 'react';
import { texts } from '../kernel/text/texts';
import { Notice } from '../kernel/ui/Notice';

/** No model is set up: what to set, and what to do meanwhile. */
export function ModelNotice({ children }: { children?: ReactNode }) {
  return (
    <Notice tone="warn">
      <div className="grow stack-tight model-notice">
        <h2 className="notice-title">{texts.model.title}</h2>
        <p>{texts.model.text}</p>
        <ul className="small">
          {texts.model.variables.map(([name, about]) => <li key={name}><code>{name}</code> <span className="soft">{about}</span></li>)}
        </ul>
        {children && <div className="row">{children}</div>}
      </div>
    </Notice>
  );
}
