/**
 * Session timers (RFC 4028): a call is refreshed before its time is up, and given up when nobody does. Headers in,
 * headers and what to do out; the timer itself belongs to the dialog.
 */

/** Shortest interval we agree to, in seconds: the RFC's own lower limit. */
export const MIN_SE_S = 90;

/** In what way the two roles of the request at hand are named. */
export type Refresher = 'uac' | 'uas';

export interface SessionExpires {
  readonly intervalS: number;
  readonly refresher: Refresher | null;
}

/** What both ends agreed on. */
export interface Timed {
  readonly intervalS: number;
  readonly weRefresh: boolean;
}

/** Headers of a request or response that have to do with session timers. */
export interface TimerHeaders {
  readonly expires: SessionExpires | null;
  /** Min-SE; 0: none. */
  readonly minSeS: number;
  /** The sender names `timer` in Supported or Require. */
  readonly supported: boolean;
}

type HeaderSource = { getHeaders(name: string): string[] };

export function readTimerHeaders(message: HeaderSource): TimerHeaders {
  const value = (name: string, compact?: string): string | undefined =>
    message.getHeaders(name)[0] ?? (compact === undefined ? undefined : message.getHeaders(compact)[0]);
  const tags = ['supported', 'k', 'require'].flatMap((name) => message.getHeaders(name));
  return {
    expires: parseSessionExpires(value('session-expires', 'x')),
    minSeS: secondsOf(value('min-se')) ?? 0,
    supported: tags.some((list) =>
      list
        .toLowerCase()
        .split(',')
        .some((tag) => tag.trim() === 'timer'),
    ),
  };
}

function parseSessionExpires(value: string | undefined): SessionExpires | null {
  const intervalS = secondsOf(value);
  if (intervalS === null) return null;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(value ?? '')?.[1]?.toLowerCase();
  return { intervalS, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null };
}

function secondsOf(value: string | undefined): number | null {
  const digits = /^\s*(\d{1,9})\s*(?:;|$)/.exec(value ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Headers of the INVITE that begins a call. `wishS` null: a timer only if the other side wants one. */
export function timerWish(wishS: number | null, minSeS: number): readonly string[] {
  if (wishS === null) return minSeS > MIN_SE_S ? [`Min-SE: ${minSeS}`] : [];
  return [`Session-Expires: ${Math.max(wishS, minSeS)}`, ...minSeHeader(minSeS)];
}

/** Headers of a re-INVITE or UPDATE of ours, which keep what was agreed on. */
export function timerRefresh(timed: Timed | null, minSeS: number): readonly string[] {
  if (!timed) return [];
  const intervalS = Math.max(timed.intervalS, minSeS);
  return [
    `Session-Expires: ${intervalS};refresher=${timed.weRefresh ? 'uac' : 'uas'}`,
    ...minSeHeader(minSeS),
  ];
}

function minSeHeader(minSeS: number): readonly string[] {
  return minSeS > MIN_SE_S ? [`Min-SE: ${minSeS}`] : [];
}

/**
 * What a 2xx to our request means. `askedS`: the interval we asked for; null: none. A far end that knows no timers is
 * refreshed by us alone, which at least tells whether it is still there (RFC 4028, section 7.2).
 */
export function timerOfAnswer({ expires }: TimerHeaders, askedS: number | null): Timed | null {
  if (expires) return { intervalS: expires.intervalS, weRefresh: expires.refresher !== 'uas' };
  return askedS === null ? null : { intervalS: askedS, weRefresh: true };
}

export type TimerAnswer =
  | { readonly refused: { readonly minSeS: number } }
  | { readonly refused: null; readonly headers: readonly string[]; readonly timed: Timed | null };

/**
 * Our side of a request that came in. `before`: what held until now, whose roles stay unless the request names others.
 * Roles by table 2 of RFC 4028: who does not know timers cannot be asked to refresh.
 */
export function answerTimer(
  request: TimerHeaders,
  wishS: number | null,
  before: Timed | null = null,
): TimerAnswer {
  const { expires, minSeS, supported } = request;
  if (expires && expires.intervalS < MIN_SE_S) return { refused: { minSeS: MIN_SE_S } };
  const wanted = expires?.intervalS ?? before?.intervalS ?? wishS;
  if (wanted === null) return { refused: null, headers: [], timed: null };
  const intervalS = Math.max(Math.min(wanted, wishS ?? wanted), minSeS, MIN_SE_S);
  const role: Refresher = before && !before.weRefresh ? 'uac' : 'uas';
  const refresher = supported ? (expires?.refresher ?? role) : 'uas';
  return {
    refused: null,
    headers: [
      `Session-Expires: ${intervalS};refresher=${refresher}`,
      ...(supported ? ['Require: timer'] : []),
    ],
    timed: { intervalS, weRefresh: refresher === 'uas' },
  };
}

/**
 * What is due next, counted in ms from the last refresh: half the interval for who refreshes; who waits hangs up a
 * little before the time is up (section 10).
 */
export function timerDue({ intervalS, weRefresh }: Timed): {
  readonly act: 'refresh' | 'end';
  readonly afterMs: number;
} {
  if (weRefresh) return { act: 'refresh', afterMs: (intervalS / 2) * 1000 };
  return { act: 'end', afterMs: (intervalS - Math.min(32, intervalS / 3)) * 1000 };
}
