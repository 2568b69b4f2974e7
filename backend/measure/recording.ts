import { LINE_RATE } from '../contract/party.ts';
import { voicedSpans } from './voice.ts';

/** [from, to) in ms since the call's start. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

const SAMPLES_PER_MS = LINE_RATE / 1000;

/** Where the voices are in a call's two recorded sides, by the measuring VAD. */
export interface Voices {
  readonly caller: readonly TimeSpan[];
  readonly bot: readonly TimeSpan[];
  /** Of the longer side. */
  readonly lengthMs: number;
}

/** `null`: that side was not recorded, which is silence to all that is measured. */
export function voicesOf(caller: Int16Array | null, bot: Int16Array | null): Voices {
  return {
    caller: caller ? timeSpans(caller) : [],
    bot: bot ? timeSpans(bot) : [],
    lengthMs: Math.max(caller?.length ?? 0, bot?.length ?? 0) / SAMPLES_PER_MS,
  };
}

export function toMs(sample: number): number {
  return sample / SAMPLES_PER_MS;
}

function timeSpans(pcm: Int16Array): readonly TimeSpan[] {
  return voicedSpans(pcm).map(({ from, to }) => ({ from: toMs(from), to: toMs(to) }));
}

export function totalMs(spans: readonly TimeSpan[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** What two lists of spans, each in order, have in common. */
export function intersection(a: readonly TimeSpan[], b: readonly TimeSpan[]): readonly TimeSpan[] {
  const common: TimeSpan[] = [];
  for (let i = 0, j = 0; ;) {
    const [left, right] = [a[i], b[j]];
    if (!left || !right) return common;
    const span = { from: Math.max(left.from, right.from), to: Math.min(left.to, right.to) };
    if (span.from < span.to) common.push(span);
    if (left.to < right.to) i += 1;
    else j += 1;
  }
}

/** What lies in [0, lengthMs) outside all spans of both lists. */
export function outside(
  a: readonly TimeSpan[],
  b: readonly TimeSpan[],
  lengthMs: number,
): readonly TimeSpan[] {
  const gaps: TimeSpan[] = [];
  let reached = 0;
  for (const { from, to } of [...a, ...b].sort((x, y) => x.from - y.from)) {
    if (from > reached) gaps.push({ from: reached, to: from });
    reached = Math.max(reached, to);
  }
  if (lengthMs > reached) gaps.push({ from: reached, to: lengthMs });
  return gaps;
}
