import { Search } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { AccountSettings, ProbeResult } from '../../backend/contract/sip.ts';
import { useTexts } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt } from '../state/app.ts';
import { usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Select, TextInput } from '../ui/field.tsx';
import { saveAccount } from './account-actions.ts';
import { StepLog, useStepId } from './account-steps.tsx';
import { accountText } from './account-text.ts';
import { nameFor } from './account.ts';

interface AccountAddProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Domain, user and password; the rest is found out while the person looks on. */
export function AccountAdd({ open, onClose }: AccountAddProps): ReactNode {
  const t = useTexts(accountText);
  return (
    <Dialog open={open} onClose={onClose} title={t.addTitle}>
      <SearchForm onDone={onClose} />
    </Dialog>
  );
}

function SearchForm({ onDone }: { readonly onDone: () => void }): ReactNode {
  const t = useTexts(accountText);
  const [typed, setTyped] = useState({ domain: '', user: '', password: '' });
  const [doing, setDoing] = useState<'search' | 'save' | null>(null);
  const [result, setResult] = useState<ProbeResult | null>(null);
  const [who, setWho] = useState<AccountSettings['who']>('ring');
  const [id, begin] = useStepId();
  const ready = typed.domain.trim() !== '' && typed.user.trim() !== '';
  const set = (change: Partial<typeof typed>): void => {
    setTyped((before) => ({ ...before, ...change }));
    // What was found was found with other words.
    setResult(null);
  };
  const search = async (): Promise<void> => {
    if (!ready || doing !== null) return;
    setDoing('search');
    setResult(null);
    setResult(await attempt(t.notSearched, () => ask('account.probe', { id: begin(), request: typed })));
    setDoing(null);
  };
  const save = async (settings: AccountSettings): Promise<void> => {
    setDoing('save');
    const taken = usePhone.getState().entries.map(({ name }) => name);
    const { user, password } = typed;
    const saved = await saveAccount({
      was: null,
      name: nameFor(user, taken),
      settings: { ...settings, who },
      ...(password !== '' && { password }),
    });
    setDoing(null);
    if (saved) onDone();
  };
  const found = result?.settings ?? null;
  const fields = { onSubmit: () => void search(), disabled: doing !== null };
  return (
    <div className="settings-add">
      <Field label={t.domain} hint={t.domainHint}>
        <TextInput
          {...fields}
          mono
          autoFocus
          value={typed.domain}
          placeholder="pbx.example.com"
          onChange={(domain) => set({ domain })}
        />
      </Field>
      <div className="settings-pair">
        <Field label={t.user} hint={t.userHint}>
          <TextInput {...fields} mono value={typed.user} onChange={(user) => set({ user })} />
        </Field>
        <Field label={t.password} hint={t.passwordKept}>
          <TextInput
            {...fields}
            type="password"
            value={typed.password}
            onChange={(password) => set({ password })}
          />
        </Field>
      </div>
      <div className="settings-buttons">
        <Button
          variant={found === null ? 'primary' : 'plain'}
          icon={Search}
          busy={doing === 'search'}
          disabled={!ready || doing !== null}
          onClick={() => void search()}
        >
          {t.search}
        </Button>
      </div>
      <StepLog id={id} />
      <div role="status">
        {result !== null && (
          <div className={`settings-result settings-result-${found ? 'ok' : 'failed'}`}>
            <div className="settings-result-body" data-selectable>
              <p>{result.message}</p>
              {found && <Found settings={found} />}
            </div>
          </div>
        )}
      </div>
      {found && (
        <>
          <Field label={t.who} hint={t.whoHint}>
            <Select<AccountSettings['who']>
              value={who}
              onChange={setWho}
              options={[
                { value: 'ring', label: t.whoRing },
                { value: 'bot', label: t.whoBot },
                { value: 'reject', label: t.whoReject },
              ]}
            />
          </Field>
          <div className="settings-buttons">
            <Button variant="primary" busy={doing === 'save'} onClick={() => void save(found)}>
              {t.saveAccount}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function Found({ settings }: { readonly settings: AccountSettings }): ReactNode {
  const t = useTexts(accountText);
  const rows = [
    [t.aor, settings.aor],
    [t.transport, settings.transport === 'auto' ? t.transportAuto : settings.transport.toUpperCase()],
    [t.registrar, settings.registrar],
    [t.authUser, settings.auth_user],
  ] as const;
  return (
    <dl className="settings-figures">
      {rows.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
