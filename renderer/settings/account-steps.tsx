import { CircleCheck, CircleX, Info } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import type { SipStep } from '../../backend/contract/sip.ts';
import { useTexts } from '../base/text.ts';
import { closeSteps, usePhone } from '../state/phone.ts';
import { accountText } from './account-text.ts';

/** An id to ask with, anew for each time; steps of those before are forgotten. */
export function useStepId(): readonly [string | null, () => string] {
  const [id, setId] = useState<string | null>(null);
  useEffect(() => {
    if (id === null) return undefined;
    return () => closeSteps(id);
  }, [id]);
  const begin = (): string => {
    const next = crypto.randomUUID();
    setId(next);
    return next;
  };
  return [id, begin];
}

const ICONS: Readonly<Record<SipStep['verdict'], typeof Info>> = {
  ok: CircleCheck,
  fail: CircleX,
  info: Info,
};

/** What was tried and what came of it, as it happens. */
export function StepLog({ id }: { readonly id: string | null }): ReactNode {
  const t = useTexts(accountText);
  const steps = usePhone((phone) => (id === null ? undefined : phone.steps.get(id)));
  return (
    <div role="log" aria-label={t.steps}>
      <ol className="settings-steps">
        {steps?.map(({ step, verdict, message, hint, tookMs }, index) => {
          const Icon = ICONS[verdict];
          return (
            // Steps are only added: their place is their key.
            <li key={index} className={`settings-step settings-step-${verdict}`}>
              <Icon className="ui-icon" role="img" aria-label={t[verdict]} />
              <div data-selectable>
                <p>
                  <span className="settings-dim mono">{step}</span> {message}{' '}
                  <span className="settings-note tabular">{t.tookMs(tookMs.toFixed(0))}</span>
                </p>
                {hint !== null && <p className="settings-note">{hint}</p>}
              </div>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
