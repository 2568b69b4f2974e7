import { useId, useRef, useState, type ReactNode } from 'react';
import './ui.css';

interface PopoverProps {
  /** What the button that opens it shows. */
  readonly anchor: ReactNode;
  /** Names the button and what it opens. */
  readonly label: string;
  readonly title?: string | undefined;
  /** Of the button. */
  readonly className?: string | undefined;
  /** Rendered while it is open only; as a function, it is handed what closes it. */
  readonly children: ReactNode | ((close: () => void) => ReactNode);
}

/** A button that opens a small pane beside itself; Esc, a click elsewhere or the button close it. */
export function Popover({
  anchor,
  label,
  title,
  className = 'ui-button ui-quiet',
  children,
}: PopoverProps): ReactNode {
  const id = useId();
  const pane = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = (): void => pane.current?.hidePopover();
  return (
    <>
      <button
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="dialog"
        title={title}
        popoverTarget={id}
      >
        {anchor}
      </button>
      <div
        ref={pane}
        id={id}
        className="ui-popover"
        role="dialog"
        aria-label={label}
        popover="auto"
        onBeforeToggle={(event) => setOpen(event.newState === 'open')}
      >
        {open && (typeof children === 'function' ? children(close) : children)}
      </div>
    </>
  );
}
