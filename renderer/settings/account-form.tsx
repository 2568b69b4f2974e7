import { useState, type ReactNode } from 'react';
import { SIP_TRANSPORTS, type AccountSettings } from '../../backend/contract/sip.ts';
import type { AccountEntry } from '../../backend/contract/window.ts';
import { useTexts } from '../base/text.ts';
import { useApp } from '../state/app.ts';
import { usePhone } from '../state/phone.ts';
import { Button } from '../ui/button.tsx';
import { Field, Select, Switch, TextInput } from '../ui/field.tsx';
import { saveAccount } from './account-actions.ts';
import { AccountRules } from './account-rules.tsx';
import { accountText } from './account-text.ts';
import { CODEC_ORDERS, NEW_ACCOUNT, draftOf, saveRequest, type AccountDraft } from './account.ts';

interface AccountFormProps {
  /** null: a new one. */
  readonly entry: AccountEntry | null;
  /** `name`: of the account as it is now; null: there is none. */
  readonly onDone: (name: string | null) => void;
}

/** The settings of an account that matter most; all others stand in accounts.yaml and stay as they are. */
export function AccountForm({ entry, onDone }: AccountFormProps): ReactNode {
  const t = useTexts(accountText);
  const entries = usePhone((phone) => phone.entries);
  const base = entry?.settings ?? NEW_ACCOUNT;
  const [draft, setDraft] = useState(() => draftOf(entry?.name ?? '', base));
  const [saving, setSaving] = useState(false);
  const set = (change: Partial<AccountDraft>): void => setDraft((before) => ({ ...before, ...change }));
  const names = entries.map(({ name }) => name);
  const checked = saveRequest(draft, base, entry?.name ?? null, names);
  const error = 'error' in checked ? checked.error : null;
  const save = async (): Promise<void> => {
    if (!('request' in checked) || saving) return;
    setSaving(true);
    const saved = await saveAccount(checked.request);
    setSaving(false);
    if (saved) onDone(checked.request.name);
  };
  const text = (key: TextKey, label: string, hint: string, wrong: string | null = null): ReactNode => (
    <Field label={label} hint={hint} error={wrong}>
      <TextInput
        mono={key !== 'displayName'}
        autoFocus={key === 'name'}
        type={key === 'password' ? 'password' : 'text'}
        disabled={key === 'password' && draft.forgetPassword}
        value={draft[key]}
        onChange={(value) => set({ [key]: value })}
        onSubmit={() => void save()}
      />
    </Field>
  );
  const named = error === 'name' ? t.wrongName : error === 'taken' ? t.wrongTaken : null;
  // Nothing is wrong yet with a form that nobody has filled in.
  const begun = draft.name !== '' || draft.aor !== '';
  const stored = entry?.hasPassword === true;
  return (
    <section className="settings-card" aria-label={entry ? t.editing(entry.name) : t.newAccount}>
      <h2>{entry ? t.editing(entry.name) : t.newAccount}</h2>
      <div className="settings-pair">
        {text('name', t.name, t.nameHint, begun ? named : null)}
        {text('aor', t.aor, t.aorHint, begun && error === 'aor' ? t.wrongAor : null)}
        {text('displayName', t.displayName, t.displayNameHint)}
        {text('authUser', t.authUser, t.authUserHint)}
        {text('password', t.password, stored ? t.passwordStored : t.passwordNone)}
        {text('registrar', t.registrar, t.registrarHint)}
        {text('proxy', t.proxy, t.proxyHint)}
        {text('allow', t.allow, t.allowHint, error === 'allow' ? t.wrongAllow : null)}
        <Choices draft={draft} onChange={set} />
      </div>
      {draft.who === 'ring' && (
        <AccountRules rules={draft.rules} onChange={(rules) => set({ rules })} onSubmit={() => void save()} />
      )}
      <Switch checked={draft.register} onChange={(register) => set({ register })} label={t.register} />
      <Switch checked={draft.enabled} onChange={(enabled) => set({ enabled })} label={t.enabled} />
      {stored && (
        <Switch
          checked={draft.forgetPassword}
          onChange={(forgetPassword) => set({ forgetPassword })}
          label={t.forgetPassword}
        />
      )}
      {error === 'other' && (
        <p className="settings-warning" role="alert">
          {t.wrongOther}
        </p>
      )}
      <div className="settings-buttons">
        <Button variant="primary" busy={saving} disabled={error !== null} onClick={() => void save()}>
          {t.save}
        </Button>
        <Button variant="quiet" onClick={() => onDone(entry?.name ?? null)}>
          {t.cancel}
        </Button>
      </div>
    </section>
  );
}

type TextKey = 'name' | 'aor' | 'displayName' | 'authUser' | 'password' | 'registrar' | 'proxy' | 'allow';

interface ChoicesProps {
  readonly draft: AccountDraft;
  readonly onChange: (change: Partial<AccountDraft>) => void;
}

function Choices({ draft, onChange }: ChoicesProps): ReactNode {
  const t = useTexts(accountText);
  const bots = useApp((app) => app.bots);
  const { bot } = draft;
  const known = bot === '' || bots.some(({ dir }) => dir === bot);
  return (
    <>
      <Field label={t.who}>
        <Select<AccountSettings['who']>
          value={draft.who}
          onChange={(who) => onChange({ who })}
          options={[
            { value: 'ring', label: t.whoRing },
            { value: 'bot', label: t.whoBot },
            { value: 'reject', label: t.whoReject },
          ]}
        />
      </Field>
      {draft.who !== 'reject' && (
        <Field label={t.bot}>
          <Select
            value={bot}
            onChange={(dir) => onChange({ bot: dir })}
            options={[
              { value: '', label: t.usualBot },
              ...(known ? [] : [{ value: bot, label: bot }]),
              ...bots.map(({ dir, name }) => ({ value: dir, label: name })),
            ]}
          />
        </Field>
      )}
      <Field label={t.transport}>
        <Select<AccountSettings['transport']>
          value={draft.transport}
          onChange={(transport) => onChange({ transport })}
          options={[
            { value: 'auto', label: t.transportAuto },
            ...SIP_TRANSPORTS.map((value) => ({ value, label: value.toUpperCase() })),
          ]}
        />
      </Field>
      <Field label={t.codecs}>
        <Select
          value={draft.codecs}
          onChange={(codecs) => onChange({ codecs })}
          options={CODEC_ORDERS.map((value) => ({ value, label: value.replace(' ', ', ') }))}
        />
      </Field>
      <Field label={t.srtp} hint={t.srtpHint}>
        <Select<AccountSettings['srtp']>
          value={draft.srtp}
          onChange={(srtp) => onChange({ srtp })}
          options={[
            { value: 'never', label: t.srtpNever },
            { value: 'if_asked', label: t.srtpIfAsked },
            { value: 'required', label: t.srtpRequired },
          ]}
        />
      </Field>
      <Field label={t.dtmf}>
        <Select<AccountSettings['dtmf']>
          value={draft.dtmf}
          onChange={(dtmf) => onChange({ dtmf })}
          options={[
            { value: 'rfc4733', label: t.dtmfRfc4733 },
            { value: 'info', label: t.dtmfInfo },
          ]}
        />
      </Field>
    </>
  );
}
