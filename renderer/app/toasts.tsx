import { CircleAlert, Info, TriangleAlert, X, type LucideIcon } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Notice } from '../../backend/contract/window.ts';
import { useTimeout } from '../base/hooks.ts';
import { useTexts } from '../base/text.ts';
import { dismiss, useApp, type ShownNotice } from '../state/app.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { appText } from './text.ts';

const FADES_AFTER = 6000;

const SIGNS: Readonly<Record<Notice['severity'], LucideIcon>> = {
  info: Info,
  warning: TriangleAlert,
  error: CircleAlert,
};

/** Notices, in the corner: what happened, what it means, what to do. */
export function Toasts(): ReactNode {
  const t = useTexts(appText);
  const notices = useApp((app) => app.notices);
  return (
    <section className="app-toasts" aria-label={t.notices} aria-live="polite" aria-relevant="additions">
      {notices.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function Toast({ notice }: { readonly notice: ShownNotice }): ReactNode {
  const t = useTexts(appText);
  const { id, severity, title, meaning, remedy, action } = notice;
  const [attended, setAttended] = useState(false);
  // What asks for something stays until it is dismissed.
  useTimeout(() => dismiss(id), severity === 'info' && action === null && !attended ? FADES_AFTER : null);
  const Sign = SIGNS[severity];
  return (
    <div
      className={`app-toast app-toast-${severity}`}
      role={severity === 'error' ? 'alert' : undefined}
      onPointerEnter={() => setAttended(true)}
      onPointerLeave={() => setAttended(false)}
      onFocus={() => setAttended(true)}
      onBlur={() => setAttended(false)}
    >
      <Sign className="ui-icon app-toast-sign" aria-hidden />
      <div className="app-toast-text" data-selectable>
        <strong>{title}</strong>
        <p>{meaning}</p>
        {remedy !== null && <p className="app-toast-remedy">{remedy}</p>}
        {action !== null && (
          <p className="app-toast-action">
            <Button
              onClick={() => {
                dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          </p>
        )}
      </div>
      <IconButton icon={X} label={t.dismiss} onClick={() => dismiss(id)} />
    </div>
  );
}
