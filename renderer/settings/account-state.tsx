import { RotateCw } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { AccountView } from '../../backend/contract/sip.ts';
import { useDate } from '../base/hooks.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt } from '../state/app.ts';
import { Button } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { accountText } from './account-text.ts';
import { accountTone, timeLeft } from './account.ts';

interface OfAccount {
  readonly account: AccountView;
}

const SECOND_MS = 1000;

/** Where an account's registration stands, and how long it holds. */
export function AccountState({ account }: OfAccount): ReactNode {
  const t = useTexts(accountText);
  const left = timeLeft(account, useDate(SECOND_MS), t);
  return (
    <>
      <Badge tone={accountTone(account.state)}>{t[account.state]}</Badge>
      {left !== null && <span className="tabular">{left}</span>}
    </>
  );
}

/** Nothing of an account that is off. */
export function RegisterAgain({ account }: OfAccount): ReactNode {
  const t = useTexts(accountText);
  const [busy, setBusy] = useState(false);
  if (account.state === 'off') return null;
  const again = async (): Promise<void> => {
    setBusy(true);
    await attempt(t.notRegistered, () => ask('account.refresh', { name: account.name }));
    setBusy(false);
  };
  return (
    <Button icon={RotateCw} busy={busy} onClick={() => void again()}>
      {t.registerAgain}
    </Button>
  );
}
