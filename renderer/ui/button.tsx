import { LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ComponentPropsWithRef, ReactNode } from 'react';
import { isMac, showKeys } from '../base/keys.ts';
import { Kbd } from './panel.tsx';
import './ui.css';

type Native = Omit<ComponentPropsWithRef<'button'>, 'className' | 'onClick' | 'children' | 'title'>;

export type ButtonVariant = 'primary' | 'plain' | 'quiet' | 'danger';

interface ButtonProps extends Native {
  readonly variant?: ButtonVariant | undefined;
  readonly icon?: LucideIcon | undefined;
  /** What was asked for is under way: it cannot be asked for again. */
  readonly busy?: boolean | undefined;
  readonly onClick?: (() => void) | undefined;
  readonly title?: string | undefined;
  /** Its shortcut, as `mod+k`. */
  readonly kbd?: string | undefined;
  readonly children: ReactNode;
}

export function Button({
  variant = 'plain',
  icon: Icon,
  busy = false,
  onClick,
  disabled,
  kbd,
  children,
  ...native
}: ButtonProps): ReactNode {
  const Sign = busy ? LoaderCircle : Icon;
  return (
    <button
      type="button"
      {...native}
      className={`ui-button ui-${variant}`}
      disabled={disabled === true || busy}
      aria-busy={busy}
      onClick={onClick}
    >
      {Sign && <Sign className={busy ? 'ui-icon ui-turning' : 'ui-icon'} aria-hidden />}
      <span className="ui-button-label">{children}</span>
      {kbd !== undefined && <Kbd>{kbd}</Kbd>}
    </button>
  );
}

interface IconButtonProps extends Native {
  readonly icon: LucideIcon;
  /** Its name, shown as a tooltip too. */
  readonly label: string;
  /** For what is on or off; left out where it is neither. */
  readonly pressed?: boolean | undefined;
  readonly onClick?: (() => void) | undefined;
  readonly variant?: ButtonVariant | undefined;
  readonly kbd?: string | undefined;
}

export function IconButton({
  icon: Icon,
  label,
  pressed,
  onClick,
  variant = 'quiet',
  kbd,
  ...native
}: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...native}
      className={`ui-button ui-icon-button ui-${variant}`}
      aria-label={label}
      aria-pressed={pressed}
      title={kbd === undefined ? label : `${label} (${showKeys(kbd, isMac)})`}
      onClick={onClick}
    >
      <Icon className="ui-icon" aria-hidden />
    </button>
  );
}
