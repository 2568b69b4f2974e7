import { BellOff, RotateCw } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { AccountView } from '../../backend/contract/sip.ts';
import { useDate } from '../base/hooks.ts';
import { textsNow, useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { shortUri } from '../call/remote.ts';
import { saveSettings } from '../state/actions.ts';
import { attempt, useApp } from '../state/app.ts';
import { usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import { Badge } from '../ui/panel.tsx';
import { Popover } from '../ui/popover.tsx';
import { Detail, Remedy, SettingsButton } from './status-details.tsx';
import { Dot } from './status-dot.tsx';
import { statusText } from './status-text.ts';
import { accountTone, accountsTone } from './status.ts';

/** More than these share one part of the bar. */
const EACH_UP_TO = 3;
const SECOND_MS = 1000;

/** The SIP accounts, and whether calls ring at all; nothing where there is no account. */
export function AccountParts(): ReactNode {
  const t = useTexts(statusText);
  const accounts = usePhone((phone) => phone.accounts);
  const problem = usePhone((phone) => phone.problem);
  return (
    <>
      {problem !== null && (
        <Popover
          className="app-status-part"
          label={t.accountsUnread}
          anchor={
            <>
              <Dot tone="danger" />
              {t.accountsUnread}
            </>
          }
        >
          <Detail title={t.accountsUnread}>
            <p data-selectable>{problem}</p>
          </Detail>
        </Popover>
      )}
      {accounts.length > EACH_UP_TO ? (
        <AllAccounts accounts={accounts} />
      ) : (
        accounts.map((account) => <OneAccount key={account.name} account={account} />)
      )}
      {accounts.length > 0 && <DoNotDisturb />}
    </>
  );
}

function OneAccount({ account }: { readonly account: AccountView }): ReactNode {
  const t = useTexts(statusText);
  const words = `${account.name}: ${t.account(account.state)}`;
  return (
    <Popover
      className="app-status-part"
      label={t.accountLabel(words)}
      anchor={
        <>
          <Dot tone={accountTone(account.state)} />
          {words}
        </>
      }
    >
      {(close) => (
        <Detail title={shortUri(account.aor)}>
          <AccountFacts account={account} />
          <div className="app-detail-actions">
            <Refresh account={account} />
            <SettingsButton section="calls" onDone={close} />
          </div>
        </Detail>
      )}
    </Popover>
  );
}

function AllAccounts({ accounts }: { readonly accounts: readonly AccountView[] }): ReactNode {
  const t = useTexts(statusText);
  const ready = accounts.filter(({ state }) => accountTone(state) === 'ok').length;
  const words = t.accounts(ready, accounts.length);
  return (
    <Popover
      className="app-status-part tabular"
      label={t.accountLabel(words)}
      anchor={
        <>
          <Dot tone={accountsTone(accounts)} />
          {words}
        </>
      }
    >
      <Detail title={t.accountsTitle}>
        <ul className="app-accounts">
          {accounts.map((account) => (
            <li key={account.name}>
              <h3>{account.name}</h3>
              <AccountFacts account={account} />
              {accountTone(account.state) === 'danger' && <Refresh account={account} />}
            </li>
          ))}
        </ul>
      </Detail>
    </Popover>
  );
}

function AccountFacts({ account }: { readonly account: AccountView }): ReactNode {
  const t = useTexts(statusText);
  const { state, message, hint, via, contact } = account;
  return (
    <>
      <div className="app-detail-what">
        <Badge tone={accountTone(state)}>{t.account(state)}</Badge>
        <Until account={account} />
      </div>
      {state === 'failed' && <p data-selectable>{message}</p>}
      <Remedy text={hint} />
      {via !== null && (
        <p>
          {t.accountVia} <code data-selectable>{via}</code>
        </p>
      )}
      {contact !== null && (
        <p>
          {t.accountContact} <code data-selectable>{contact}</code>
        </p>
      )}
    </>
  );
}

/** How long a registration holds, or when it is tried again. */
function Until({ account }: { readonly account: AccountView }): ReactNode {
  const t = useTexts(statusText);
  const now = useDate(SECOND_MS);
  const { registeredUntil, retryAt, state } = account;
  if (state === 'failed' && retryAt !== null) {
    return <span className="tabular">{t.retryIn(Math.max(0, Math.round((retryAt - now) / 1000)))}</span>;
  }
  if (registeredUntil === null) return null;
  const seconds = Math.max(0, (registeredUntil - now) / 1000);
  return (
    <span className="tabular">
      {seconds < 90 ? t.secondsLeft(Math.round(seconds)) : t.minutesLeft(Math.round(seconds / 60))}
    </span>
  );
}

function Refresh({ account }: { readonly account: AccountView }): ReactNode {
  const t = useTexts(statusText);
  const [busy, setBusy] = useState(false);
  if (account.state === 'off') return null;
  const again = async (): Promise<void> => {
    setBusy(true);
    await attempt(textsNow(statusText).notRegistered, () => ask('account.refresh', { name: account.name }));
    setBusy(false);
  };
  return (
    <Button icon={RotateCw} busy={busy} onClick={() => void again()}>
      {t.registerAgain}
    </Button>
  );
}

function DoNotDisturb(): ReactNode {
  const t = useTexts(statusText);
  const on = useApp(({ settings }) => settings?.phone.do_not_disturb === true);
  return (
    <button
      type="button"
      className="app-status-part app-dnd"
      aria-pressed={on}
      title={t.dndTitle}
      onClick={() => void saveSettings({ phone: { do_not_disturb: !on } })}
    >
      <BellOff className="ui-icon" aria-hidden />
      {t.dnd}
    </button>
  );
}
