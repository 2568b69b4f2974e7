import { BellOff } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AccountView } from '../../backend/contract/sip.ts';
import { useTexts } from '../base/text.ts';
import { shortUri } from '../call/remote.ts';
import { AccountState, RegisterAgain } from '../settings/account-state.tsx';
import { accountText } from '../settings/account-text.ts';
import { accountTone } from '../settings/account.ts';
import { saveSettings } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { usePhone } from '../state/phone.ts';
import { Popover } from '../ui/popover.tsx';
import { Detail, Remedy, SettingsButton } from './status-details.tsx';
import { Dot } from './status-dot.tsx';
import { statusText } from './status-text.ts';
import { accountsTone } from './status.ts';

/** More than these share one part of the bar. */
const EACH_UP_TO = 3;

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
  const words = `${account.name}: ${useTexts(accountText)[account.state]}`;
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
            <RegisterAgain account={account} />
            <SettingsButton section="accounts" onDone={close} />
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
      {(close) => (
        <Detail title={t.accountsTitle}>
          <ul className="app-accounts">
            {accounts.map((account) => (
              <li key={account.name}>
                <h3>{account.name}</h3>
                <AccountFacts account={account} />
                {accountTone(account.state) === 'danger' && <RegisterAgain account={account} />}
              </li>
            ))}
          </ul>
          <SettingsButton section="accounts" onDone={close} />
        </Detail>
      )}
    </Popover>
  );
}

function AccountFacts({ account }: { readonly account: AccountView }): ReactNode {
  const t = useTexts(statusText);
  const { state, message, hint, via, contact } = account;
  return (
    <>
      <div className="app-detail-what">
        <AccountState account={account} />
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
