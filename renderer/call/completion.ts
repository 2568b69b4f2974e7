import type { LineView } from '../../backend/contract/sip.ts';
import type { PastCall } from '../../backend/contract/window.ts';
import { userOf } from '../../backend/base/sip-user.ts';
import { remoteName, shortUri } from './remote.ts';

/** Somebody called before, or who called. */
export interface Suggestion {
  /** As it goes into the field. */
  readonly target: string;
  readonly name: string | null;
  readonly direction: 'in' | 'out';
  readonly missed: boolean;
  /** Of the latest call with them, epoch ms. */
  readonly at: number;
}

const MOST = 8;
/** Many share a host: a letter or two of it are no hint. */
const HOST_FROM = 2;

/**
 * Whom `typed` may mean, of the calls of the past: everybody once, the latest first, those that begin with it before
 * those that contain it. Names, addresses and numbers count; of numbers, only the digits.
 */
export function suggestions(history: readonly PastCall[], typed: string): readonly Suggestion[] {
  const wanted = typed.trim().toLowerCase();
  const found = new Map<string, { readonly rank: number; readonly suggestion: Suggestion }>();
  for (const { line } of history) {
    const { uri, name } = line.remote;
    const target = shortUri(uri);
    const rank = rankOf(wanted, line.remote);
    if (rank === null || found.has(target) || target.toLowerCase() === wanted) continue;
    found.set(target, {
      rank,
      suggestion: {
        target,
        name: (name ?? '').trim() === '' ? null : remoteName(line),
        direction: line.direction,
        missed: line.end?.missed ?? false,
        at: line.startedAt,
      },
    });
  }
  return [...found.values()]
    .toSorted((one, other) => one.rank - other.rank)
    .slice(0, MOST)
    .map(({ suggestion }) => suggestion);
}

/** Whether `sought` may mean them, by their name, address or number. */
export function matches(remote: LineView['remote'], sought: string): boolean {
  return rankOf(sought.trim().toLowerCase(), remote) !== null;
}

/** 0: one of them begins with it, or a word of it does; 1: one contains it; null: none. */
function rankOf(wanted: string, { uri, name }: LineView['remote']): number | null {
  if (wanted === '') return 0;
  const texts = [name ?? '', userOf(uri), ...(wanted.length > HOST_FROM ? [shortUri(uri)] : [])];
  const lower = texts.map((text) => text.toLowerCase());
  const begins = (text: string): boolean =>
    text.startsWith(wanted) || text.split(/[\s.]+/).some((word) => word.startsWith(wanted));
  if (lower.some(begins)) return 0;
  const digits = onlyDigits(wanted);
  const asNumber = digits.length > 1 && /^[+\d\s().\-/]+$/.test(wanted);
  const contained = lower.some(
    (text) => text.includes(wanted) || (asNumber && onlyDigits(text).includes(digits)),
  );
  return contained ? 1 : null;
}

function onlyDigits(text: string): string {
  return text.replaceAll(/\D/g, '');
}
