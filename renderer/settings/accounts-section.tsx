import { Pencil, Plus, Stethoscope, Trash2 } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import type { AccountEntry } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt } from '../state/app.ts';
import { listAccounts, usePhone } from '../state/phone.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { removeAccount } from './account-actions.ts';
import { AccountAdd } from './account-add.tsx';
import { AccountForm } from './account-form.tsx';
import { AccountState, RegisterAgain } from './account-state.tsx';
import { StepLog, useStepId } from './account-steps.tsx';
import { accountText } from './account-text.ts';

type Open = { readonly what: 'add' | 'new' } | { readonly what: 'edit' | 'remove'; readonly name: string };

/** The SIP accounts: how they do, and all that can be done to them. */
export function AccountsSection(): ReactNode {
  const t = useTexts(accountText);
  const entries = usePhone((phone) => phone.entries);
  const problem = usePhone((phone) => phone.problem);
  const [open, setOpen] = useState<Open | null>(null);
  /** Account whose form was closed last: the focus goes back to the button that opened it. */
  const [left, setLeft] = useState<string | null>(null);
  const close = (): void => setOpen(null);
  const leave = (name: string | null): void => {
    setLeft(name);
    close();
  };
  useEffect(() => void listAccounts(), []);
  const removed = open?.what === 'remove' ? open.name : null;
  return (
    <>
      <p className="settings-note">{t.intro}</p>
      {problem !== null && (
        <div className="settings-problem" role="alert">
          <div>
            <strong>{t.unread}</strong>
            <pre data-selectable>{problem}</pre>
          </div>
        </div>
      )}
      {entries.length === 0 ? (
        <p className="settings-dim">
          {t.none}. {t.noneText}
        </p>
      ) : (
        <ul className="settings-models" aria-label={t.list}>
          {entries.map((entry) => (
            <li key={entry.name} className="settings-account">
              {open?.what === 'edit' && open.name === entry.name ? (
                <AccountForm entry={entry} onDone={leave} />
              ) : (
                <AccountRow
                  entry={entry}
                  left={left === entry.name}
                  onEdit={() => setOpen({ what: 'edit', name: entry.name })}
                  onRemove={() => setOpen({ what: 'remove', name: entry.name })}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {open?.what === 'new' ? (
        <AccountForm entry={null} onDone={leave} />
      ) : (
        <div className="settings-buttons">
          <Button variant="primary" icon={Plus} onClick={() => setOpen({ what: 'add' })}>
            {t.add}
          </Button>
          <Button variant="quiet" onClick={() => setOpen({ what: 'new' })}>
            {t.byHand}
          </Button>
        </div>
      )}
      <AccountAdd open={open?.what === 'add'} onClose={close} />
      <RemoveDialog name={removed} onClose={close} />
    </>
  );
}

interface RowProps {
  readonly entry: AccountEntry;
  /** Its form was closed just now. */
  readonly left: boolean;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function AccountRow({ entry: { name, settings }, left, onEdit, onRemove }: RowProps): ReactNode {
  const t = useTexts(accountText);
  const account = usePhone(({ accounts }) => accounts.find((view) => view.name === name) ?? null);
  const [id, begin] = useStepId();
  const [checking, setChecking] = useState(false);
  const [ok, setOk] = useState<boolean | null>(null);
  const check = async (): Promise<void> => {
    setChecking(true);
    setOk(null);
    const answer = await attempt(t.notChecked, () => ask('account.check', { id: begin(), name }));
    setOk(answer?.ok ?? null);
    setChecking(false);
  };
  return (
    <>
      <div className="settings-buttons">
        <strong>{name}</strong>
        <span className="settings-dim mono settings-path" data-selectable>
          {settings.aor}
        </span>
        {account && <AccountState account={account} />}
      </div>
      {account?.state === 'failed' && (
        <p className="settings-model-problem" role="status" data-selectable>
          {account.message}
        </p>
      )}
      {account && account.hint !== null && <p className="settings-note">{account.hint}</p>}
      {account && account.via !== null && (
        <p className="settings-note mono" data-selectable>
          {account.via}
        </p>
      )}
      <div className="settings-buttons">
        <Button icon={Stethoscope} busy={checking} onClick={() => void check()}>
          {t.check}
        </Button>
        {account && <RegisterAgain account={account} />}
        <Button icon={Pencil} aria-label={t.editOf(name)} autoFocus={left} onClick={onEdit}>
          {t.edit}
        </Button>
        <IconButton icon={Trash2} label={t.removeOf(name)} onClick={onRemove} />
      </div>
      {id !== null && <StepLog id={id} />}
      <div role="status">{ok !== null && <p>{ok ? t.allWorks : t.notAllWorks}</p>}</div>
    </>
  );
}

interface RemoveDialogProps {
  /** null: closed. */
  readonly name: string | null;
  readonly onClose: () => void;
}

function RemoveDialog({ name, onClose }: RemoveDialogProps): ReactNode {
  const t = useTexts(accountText);
  const remove = (): void => {
    onClose();
    if (name !== null) void removeAccount(name);
  };
  return (
    <Dialog open={name !== null} onClose={onClose} title={t.removeTitle(name ?? '')} width="narrow">
      <div className="settings-add">
        <p>{t.removeText}</p>
        <div className="settings-buttons">
          <Button variant="quiet" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button variant="danger" onClick={remove}>
            {t.remove}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
