import { X } from 'lucide-react';
import { useId, useLayoutEffect, useRef, type ReactNode } from 'react';
import { texts, useTexts } from '../base/text.ts';
import { IconButton } from './button.tsx';
import './ui.css';

const dialogText = texts({ close: 'Close' }, { close: 'Закрыть' });

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly width?: 'narrow' | 'medium' | 'wide' | undefined;
  /** Its title is for screen readers only: the content says by itself what it is. */
  readonly bare?: boolean | undefined;
  readonly children: ReactNode;
}

/** A modal dialog; Esc and a click beside it close it, and focus returns to where it was. */
export function Dialog({
  open,
  onClose,
  title,
  width = 'medium',
  bare = false,
  children,
}: DialogProps): ReactNode {
  const t = useTexts(dialogText);
  const heading = useId();
  const dialog = useRef<HTMLDialogElement>(null);

  useLayoutEffect(() => {
    const element = dialog.current;
    if (!open || element === null) return undefined;
    element.showModal();
    return () => element.close();
  }, [open]);

  return (
    <dialog
      ref={dialog}
      className={`ui-dialog ui-dialog-${width}${bare ? ' ui-dialog-bare' : ''}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // The content fills the dialog: only its backdrop is hit as the dialog itself.
      onPointerDown={(event) => event.target === event.currentTarget && onClose()}
    >
      {open && (
        <div className="ui-dialog-content">
          <h2 id={heading} className={bare ? 'unseen' : 'ui-dialog-head'}>
            {title}
          </h2>
          <div className={bare ? undefined : 'ui-dialog-body'}>{children}</div>
          {/* Last, so that the content is what the focus comes to first. */}
          {!bare && (
            <span className="ui-dialog-close">
              <IconButton icon={X} label={t.close} onClick={onClose} />
            </span>
          )}
        </div>
      )}
    </dialog>
  );
}
