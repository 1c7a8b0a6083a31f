import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';

interface Props {
  open: boolean;
  onClose(): void;
  title: string;
  text?: string | undefined;
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ open, onClose, title, text, wide, children }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(next) => next || onClose()}>
      <Base.Portal>
        <Base.Backdrop className="veil" />
        <Base.Popup className={wide ? 'dialog dialog-wide' : 'dialog'}>
          <Base.Title>{title}</Base.Title>
          {text && <Base.Description className="soft">{text}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
