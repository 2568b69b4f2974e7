import { unreachable } from '../base/errors.ts';
import { userFits, userOf } from '../base/sip-user.ts';
import type { AccountSettings, LineView } from '../contract/sip.ts';

/** What the host does with a call that comes in. */
export type IncomingAnswer =
  | { readonly type: 'bot'; readonly dir: string }
  | { readonly type: 'person' }
  /** It rings until somebody answers or rejects it. */
  | { readonly type: 'wait' }
  | { readonly type: 'reject'; readonly code: number; readonly reason: string };

/** What an account's settings say of a call that comes in. */
export type Verdict =
  | { readonly type: 'bot' }
  | { readonly type: 'person' }
  /** `later`: who answers in the end when nobody does by hand; null: it rings on. */
  | { readonly type: 'ring'; readonly later: AutoAnswer | null }
  | { readonly type: 'reject'; readonly code: number; readonly reason: string };

export interface AutoAnswer {
  readonly who: 'bot' | 'person';
  readonly afterMs: number;
}

export interface Circumstances {
  readonly doNotDisturb: boolean;
  /** The person talks to somebody: nothing answers in their name, which would put that call on hold. */
  readonly personTalks: boolean;
}

export const BUSY = { code: 486, reason: 'Busy Here' };
export const UNAVAILABLE = { code: 480, reason: 'Temporarily Unavailable' };
/** A proxy that knows other bots tries one of them then (RFC 3261 section 21.5.4). */
export const CLOSING = { code: 503, reason: 'Service Unavailable' };
export const DECLINED = { code: 603, reason: 'Decline' };

/** Decides by the account that is called. Of an account that is gone: nobody is there. */
export function decide(
  { remote }: Pick<LineView, 'remote'>,
  account: Pick<AccountSettings, 'who' | 'auto_answer'> | null,
  { doNotDisturb, personTalks }: Circumstances,
): Verdict {
  if (!account) return { type: 'reject', ...UNAVAILABLE };
  switch (account.who) {
    case 'reject':
      return { type: 'reject', ...DECLINED };
    case 'bot':
      return { type: 'bot' };
    case 'ring':
      break;
    default:
      return unreachable(account.who);
  }
  const rule = account.auto_answer.find(({ from }) => from === null || userFits(userOf(remote.uri), from));
  // A bot that answers at once rings nowhere.
  if (rule?.who === 'bot' && rule.after_s === 0) return { type: 'bot' };
  if (doNotDisturb) return { type: 'reject', ...BUSY };
  if (!rule || (rule.who === 'person' && personTalks)) return { type: 'ring', later: null };
  if (rule.after_s === 0) return { type: 'person' };
  return { type: 'ring', later: { who: rule.who, afterMs: rule.after_s * 1000 } };
}
