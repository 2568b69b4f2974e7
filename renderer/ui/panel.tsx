import type { LucideIcon } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import { isMac, showKeys } from '../base/keys.ts';
import './ui.css';

interface PanelProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a screen with a heading of its own. */
export function Panel({ title, actions, children }: PanelProps): ReactNode {
  const heading = useId();
  return (
    <section className="ui-panel" aria-labelledby={heading}>
      <header className="ui-panel-head">
        <h2 id={heading}>{title}</h2>
        <div className="ui-panel-actions">{actions}</div>
      </header>
      <div className="ui-panel-body">{children}</div>
    </section>
  );
}

interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text: string;
  readonly actions?: ReactNode;
}

/** Where there is nothing yet: what will be here and how to get it. */
export function Empty({ icon: Icon, title, text, actions }: EmptyProps): ReactNode {
  return (
    <div className="ui-empty">
      <Icon className="ui-empty-icon" aria-hidden />
      <h2 className="ui-empty-title">{title}</h2>
      <p className="ui-empty-text">{text}</p>
      {actions !== undefined && <div className="ui-empty-actions">{actions}</div>}
    </div>
  );
}

export type Tone = 'caller' | 'bot' | 'system' | 'warning' | 'danger' | 'ok' | 'dim';

interface BadgeProps {
  readonly tone: Tone;
  readonly children: ReactNode;
}

export function Badge({ tone, children }: BadgeProps): ReactNode {
  return <span className={`ui-badge ui-tone-${tone}`}>{children}</span>;
}

/** A shortcut, given as `mod+k`, in the keys of this machine. */
export function Kbd({ children }: { readonly children: string }): ReactNode {
  return <kbd className="ui-kbd">{showKeys(children, isMac)}</kbd>;
}
