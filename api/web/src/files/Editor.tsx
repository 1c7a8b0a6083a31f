import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { texts } from '../kernel/text/texts';
import { setup, shadow } from './editor';
import { languageOf } from './languages';

interface Props {
  path: string;
  /** What it begins with; typing is told by `onChange` and not given back. */
  text: string;
  readOnly: boolean;
  onChange(text: string): void;
  onSave(): void;
}

export function Editor({ path, text, readOnly, onChange, onSave }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const told = useRef({ onChange, onSave });
  useEffect(() => {
    told.current = { onChange, onSave };
  });
  useEffect(() => {
    let view: EditorView | undefined;
    let wanted = true;
    void languageOf(path).then((language) => {
      if (!wanted || !place.current) return;
      const save = { key: 'Mod-s', preventDefault: true, run: () => (told.current.onSave(), true) };
      const changed = EditorView.updateListener.of((update) => update.docChanged && told.current.onChange(update.state.doc.toString()));
      const extensions = [keymap.of([save]), setup(texts.files.editor(path), language, readOnly), changed];
      const root = shadow(place.current);
      view = new EditorView({ parent: root, root, state: EditorState.create({ doc: text, extensions }) });
    });
    return () => {
      wanted = false;
      view?.destroy();
    };
  }, [path, text, readOnly]);
  return <div className="editor card" ref={place} />;
}
