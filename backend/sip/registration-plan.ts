import { unreachable } from '../base/errors.ts';
import type { AccountView } from '../contract/sip.ts';

/**
 * When to register next, and what a person is told: a pure function of what has come back. Times in milliseconds of
 * the clock that the caller keeps.
 */

export type RegistrationEvent =
  /** 2xx. `expiresS`: what the registrar granted our contact; null: it does not say. */
  | { readonly type: 'accepted'; readonly expiresS: number | null }
  /** 3xx to another registrar; null: to none that can be used. */
  | { readonly type: 'redirected'; readonly to: string | null }
  | {
      readonly type: 'refused';
      readonly code: number;
      /** For a person, whole: "401: wrong password". */
      readonly text: string;
      readonly retryAfterS: number | null;
      readonly minExpiresS: number | null;
    };

export interface RegistrationState {
  /** What is asked for; grows when the registrar finds it too brief (423). */
  readonly expiresS: number;
  /** Clock ms; null: no registration holds. */
  readonly until: number | null;
  /** In a row. */
  readonly failures: number;
  /** Registrars that this attempt was sent on to. */
  readonly hops: readonly string[];
}

export type RegistrationView = Pick<AccountView, 'state' | 'message' | 'hint'> & {
  /** Clock ms. */
  readonly until: number | null;
  readonly retryAt: number | null;
};

export interface RegistrationStep {
  readonly state: RegistrationState;
  /** null: nothing that a person need know. */
  readonly view: RegistrationView | null;
  readonly nextInMs: number;
}

const MOST_HOPS = 5;
/** A registrar that grants seconds is not asked more often than this. */
const BRIEFEST_REFRESH_MS = 10_000;
const LONGEST_EXPIRES_S = 7 * 86_400;
const FIRST_RETRY_MS = 2000;
/** What to do where nobody answers. */
export const LOOK_AT_THE_WAY =
  'Check the registrar, its port and the transport, and that no firewall is in between.';
/** RFC 5626 section 4.5. */
const BASE_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 1_800_000;
/** A wrong password does not become right by itself, and many registrars lock out who keeps trying. */
const BASE_STUBBORN_MS = 600_000;
/** Longer than this is not waited however long the registrar wishes. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

export function firstState(expiresS: number): RegistrationState {
  return { expiresS, until: null, failures: 0, hops: [] };
}

/** `random`: 0 <= n < 1, so that a thousand telephones do not come back at the same moment. */
export function nextStep(
  state: RegistrationState,
  event: RegistrationEvent,
  now: number,
  random: number,
): RegistrationStep {
  switch (event.type) {
    case 'accepted':
      return accepted(state, event.expiresS ?? state.expiresS, now, random);
    case 'redirected':
      return redirected(state, event.to, now, random);
    case 'refused': {
      const longer = event.minExpiresS;
      if (event.code === 423 && longer !== null && longer > state.expiresS && longer <= LONGEST_EXPIRES_S) {
        return { state: { ...state, expiresS: longer }, view: null, nextInMs: 0 };
      }
      return failed(state, event, now, random);
    }
    default:
      return unreachable(event);
  }
}

function accepted(state: RegistrationState, grantedS: number, now: number, random: number): RegistrationStep {
  if (grantedS <= 0) {
    const text = 'the registrar accepted and kept nothing (expires 0)';
    return failed(state, { code: 200, text, retryAfterS: null }, now, random);
  }
  const heldMs = Math.min(grantedS, LONGEST_EXPIRES_S) * 1000;
  const until = now + heldMs;
  return {
    state: { ...state, until, failures: 0, hops: [] },
    view: {
      state: 'registered',
      message: `registered, ${timeLeft(heldMs)} left`,
      hint: null,
      until,
      retryAt: null,
    },
    nextInMs: Math.max(BRIEFEST_REFRESH_MS, heldMs * (0.8 + 0.1 * random)),
  };
}

function redirected(
  state: RegistrationState,
  to: string | null,
  now: number,
  random: number,
): RegistrationStep {
  const fail = (text: string) => failed(state, { code: 302, text, retryAfterS: null }, now, random);
  if (to === null) return fail('the registrar sends us elsewhere and does not say where');
  if (state.hops.includes(to)) return fail(`the registrar redirects in a circle (${to})`);
  if (state.hops.length >= MOST_HOPS) return fail(`redirected more than ${MOST_HOPS} times`);
  return { state: { ...state, hops: [...state.hops, to] }, view: null, nextInMs: 0 };
}

function failed(
  state: RegistrationState,
  {
    code,
    text,
    retryAfterS,
  }: { readonly code: number; readonly text: string; readonly retryAfterS: number | null },
  now: number,
  random: number,
): RegistrationStep {
  const failures = state.failures + 1;
  const waitMs = retryAfterS === null ? backoff(code, failures, random) : wished(retryAfterS, random);
  const until = state.until !== null && state.until > now ? state.until : null;
  return {
    state: { ...state, until, failures, hops: [] },
    view: { state: 'failed', message: text, hint: hintOf(code), until, retryAt: now + waitMs },
    nextInMs: waitMs,
  };
}

function backoff(code: number, failures: number, random: number): number {
  const jitter = 0.5 + 0.5 * random;
  if (isStubborn(code)) return Math.min(LONGEST_RETRY_MS, BASE_STUBBORN_MS * 2 ** (failures - 1)) * jitter;
  if (failures === 1) return FIRST_RETRY_MS * (1 + random);
  return Math.min(LONGEST_RETRY_MS, BASE_RETRY_MS * 2 ** Math.min(failures - 2, 10)) * jitter;
}

function wished(seconds: number, random: number): number {
  return Math.min(LONGEST_RETRY_AFTER_MS, Math.max(1000, seconds * 1000) * (1 + 0.1 * random));
}

/** The answer is about us, not about the moment: asking again soon only annoys. */
function isStubborn(code: number): boolean {
  return (code >= 400 && code < 500 && code !== 408 && code !== 423 && code !== 480) || code >= 600;
}

function hintOf(code: number): string | null {
  switch (code) {
    case 401:
    case 407:
      return 'Check the password and auth_user; many providers give an own user name for it.';
    case 403:
      return 'The registrar knows why: look at its log, or whether the account is locked or bound to an address.';
    case 404:
      return 'Check the user and the domain of the AOR.';
    case 408:
    case 503:
      return LOOK_AT_THE_WAY;
    case 423:
      return 'Set expires_s to what the registrar wants.';
    default:
      return null;
  }
}

/** "54 min", as a person reads it off. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 180 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
