import {
  accountName,
  accountSettings,
  type AccountSettings,
  type AccountView,
} from '../../backend/contract/sip.ts';
import type { Request } from '../../backend/contract/window.ts';
import { parseNetworks, parseNumber } from './typed.ts';

/** What is typed and chosen for an account, made into its settings. */

/** In the order in which they are offered. */
export const CODEC_ORDERS = ['PCMA PCMU', 'PCMU PCMA', 'PCMA', 'PCMU'] as const;
export type CodecOrder = (typeof CODEC_ORDERS)[number];

type Chosen = Pick<AccountSettings, 'transport' | 'dtmf' | 'srtp' | 'who' | 'register' | 'enabled'>;

type Rule = AccountSettings['auto_answer'][number];

/** A rule of what answers by itself, as it is typed. */
export interface RuleDraft {
  /** '': everybody. */
  readonly from: string;
  readonly afterS: string;
  readonly who: Rule['who'];
}

export const NEW_RULE: RuleDraft = { from: '', afterS: '0', who: 'bot' };
/** As many as the file may have. */
export const MOST_RULES = 20;

export interface AccountDraft extends Chosen {
  readonly name: string;
  readonly aor: string;
  readonly displayName: string;
  readonly authUser: string;
  /** '': stays as it is. */
  readonly password: string;
  readonly forgetPassword: boolean;
  readonly registrar: string;
  readonly proxy: string;
  readonly codecs: CodecOrder;
  /** Folder; '': that of the settings. */
  readonly bot: string;
  readonly allow: string;
  readonly rules: readonly RuleDraft[];
}

export type AccountError = 'name' | 'taken' | 'aor' | 'allow' | 'rules' | 'other';

export const NEW_ACCOUNT = accountSettings.parse({ aor: 'sip:user@domain', who: 'ring' });

export function draftOf(name: string, settings: AccountSettings): AccountDraft {
  const { transport, dtmf, srtp, who, register, enabled } = settings;
  return {
    transport,
    dtmf,
    srtp,
    who,
    register,
    enabled,
    name,
    aor: settings === NEW_ACCOUNT ? '' : settings.aor,
    displayName: settings.display_name ?? '',
    authUser: settings.auth_user ?? '',
    password: '',
    forgetPassword: false,
    registrar: settings.registrar ?? '',
    proxy: settings.proxy ?? '',
    codecs: CODEC_ORDERS.find((order) => order === settings.codecs.join(' ')) ?? 'PCMA PCMU',
    bot: settings.bot ?? '',
    allow: settings.allow.join(', '),
    rules: settings.auto_answer.map(({ from, after_s, who: answers }) => ({
      from: from ?? '',
      afterS: String(after_s),
      who: answers,
    })),
  };
}

/** Seconds; null: no rule can have them. */
export function parseAfter(text: string): number | null {
  return parseNumber(text, 0, 120);
}

function ruleOf({ from, afterS, who }: RuleDraft): Rule | null {
  const after = parseAfter(afterS);
  return after === null ? null : { from: orNull(from), after_s: after, who };
}

/**
 * What `account.save` is asked with, or what is wrong. `base` has what a draft has not; `was`: null of a new account;
 * `taken`: names of all accounts.
 */
export function saveRequest(
  draft: AccountDraft,
  base: AccountSettings,
  was: string | null,
  taken: readonly string[],
): { readonly request: Request<'account.save'> } | { readonly error: AccountError } {
  const name = draft.name.trim();
  if (!accountName.safeParse(name).success) return { error: 'name' };
  if (name !== was && taken.includes(name)) return { error: 'taken' };
  const aor = accountSettings.shape.aor.safeParse(withScheme(draft.aor));
  if (!aor.success) return { error: 'aor' };
  const allow = parseNetworks(draft.allow);
  if (allow === null) return { error: 'allow' };
  // Of an account that does not ring they are not shown, and stay as they were.
  const rules = draft.who === 'ring' ? draft.rules.map(ruleOf) : base.auto_answer;
  if (rules.includes(null)) return { error: 'rules' };
  const { transport, dtmf, srtp, who, register, enabled } = draft;
  const settings = accountSettings.safeParse({
    ...base,
    transport,
    dtmf,
    srtp,
    who,
    register,
    enabled,
    allow,
    aor: aor.data,
    display_name: orNull(draft.displayName),
    auth_user: orNull(draft.authUser),
    registrar: orNull(draft.registrar),
    proxy: orNull(draft.proxy),
    codecs: draft.codecs.split(' '),
    bot: orNull(draft.bot),
    auto_answer: rules,
  });
  if (!settings.success) return { error: 'other' };
  const password = draft.forgetPassword ? null : draft.password === '' ? undefined : draft.password;
  return {
    request: { was, name, settings: settings.data, ...(password !== undefined && { password }) },
  };
}

function withScheme(aor: string): string {
  const text = aor.trim();
  return /^sips?:/i.test(text) ? text : `sip:${text}`;
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

/** A name for the account of this user, unlike those there are. */
export function nameFor(user: string, taken: readonly string[]): string {
  const plain = user
    .replace(/^sips?:/i, '')
    .replace(/@.*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 36);
  const first = plain === '' ? 'account' : plain;
  let name = first;
  for (let count = 2; taken.includes(name); count += 1) name = `${first}-${count}`;
  return name;
}

/** How well an account does, as a colour. */
export function accountTone(state: AccountView['state']): 'ok' | 'dim' | 'danger' {
  switch (state) {
    case 'registered':
    case 'ready':
      return 'ok';
    case 'off':
    case 'starting':
    case 'registering':
      return 'dim';
    case 'failed':
      return 'danger';
  }
}

interface TimeTexts {
  readonly secondsLeft: (seconds: number) => string;
  readonly minutesLeft: (minutes: number) => string;
  readonly retryIn: (seconds: number) => string;
  readonly retryInMinutes: (minutes: number) => string;
}

/** How long a registration holds, or when it is tried again; null: neither. `now`: epoch ms. */
export function timeLeft(
  { registeredUntil, retryAt, state }: Pick<AccountView, 'registeredUntil' | 'retryAt' | 'state'>,
  now: number,
  t: TimeTexts,
): string | null {
  const again = state === 'failed' && retryAt !== null;
  const until = again ? retryAt : registeredUntil;
  if (until === null) return null;
  const seconds = Math.max(0, (until - now) / 1000);
  if (seconds < 90) return (again ? t.retryIn : t.secondsLeft)(Math.round(seconds));
  return (again ? t.retryInMinutes : t.minutesLeft)(Math.round(seconds / 60));
}
