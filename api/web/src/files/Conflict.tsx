import { MergeView } from '@codemirror/merge';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { texts } from '../kernel/text/texts';
import { Button } from '../kernel/ui/Button';
import { Notice } from '../kernel/ui/Notice';
import { setup, shadow } from './editor';

interface Props {
  path: string;
  theirs: string;
  mine: string;
  busy: boolean;
  onTheirs(): void;
  onMine(text: string): void;
}

/** Somebody was faster: both texts side by side, theirs to read, mine to change and save. */
export function Conflict({ path, theirs, mine, busy, onTheirs, onMine }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const text = useRef(mine);
  useEffect(() => {
    if (!place.current) return;
    const changed = EditorView.updateListener.of((update) => {
      if (update.docChanged) text.current = update.state.doc.toString();
    });
    const root = shadow(place.current);
    const view = new MergeView({
      parent: root,
      root,
      a: { doc: theirs, extensions: setup(`${texts.files.theirs}: ${path}`, [], true) },
      b: { doc: mine, extensions: [setup(`${texts.files.mine}: ${path}`, [], false), changed] },
      revertControls: 'a-to-b',
      collapseUnchanged: {},
    });
    return () => view.destroy();
  }, [path, theirs, mine]);
  return (
    <section className="stack-tight grow" aria-label={texts.files.conflict}>
      <Notice tone="warn" alert>
        <p className="grow"><strong>{texts.files.conflict}.</strong> {texts.files.conflictText}</p>
        <Button small onClick={onTheirs}>{texts.files.theirs}</Button>
        <Button small look="primary" busy={busy} onClick={() => onMine(text.current)}>{texts.files.mine}</Button>
      </Notice>
      <div className="editor editor-merge card" ref={place} />
    </section>
  );
}
