import type { AppSettings } from '../contract/app-settings.ts';
import type { TraceEntry } from '../contract/traces.ts';

const DAY_MS = 86_400_000;
const GIGABYTE = 1e9;

export type RetentionRules = Pick<AppSettings['recordings'], 'keep_days' | 'max_gb'>;

/**
 * Which traces go: those past their days, then the oldest until all that is left fits. Pinned ones and those of calls
 * going on stay, and take their share of the room. Pure.
 */
export function expired<Entry extends Pick<TraceEntry, 'startedMs' | 'bytes' | 'pinned' | 'state'>>(
  entries: readonly Entry[],
  { keep_days, max_gb }: RetentionRules,
  nowMs: number,
): readonly Entry[] {
  const isSafe = ({ pinned, state }: Entry): boolean => pinned || state === 'going_on';
  const isTooOld = ({ startedMs }: Entry): boolean =>
    keep_days !== null && nowMs - startedMs > keep_days * DAY_MS;
  const gone = entries.filter((entry) => !isSafe(entry) && isTooOld(entry));
  if (max_gb === null) return gone;

  const left = entries
    .filter((entry) => isSafe(entry) || !isTooOld(entry))
    .toSorted((a, b) => a.startedMs - b.startedMs);
  let bytes = left.reduce((sum, entry) => sum + entry.bytes, 0);
  for (const entry of left) {
    if (bytes <= max_gb * GIGABYTE) break;
    if (isSafe(entry)) continue;
    gone.push(entry);
    bytes -= entry.bytes;
  }
  return gone;
}
