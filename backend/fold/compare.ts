import { diffWords } from 'diff';
import { LATENCY_STAGES, type LatencyStages } from '../contract/events.ts';
import type { BotUsed, StageUsed } from '../contract/trace.ts';
import type {
  ComparedSide,
  ComparedTurn,
  Comparison,
  TextDifference,
  TraceView,
} from '../contract/traces.ts';
import { exchangesOf } from './exchanges.ts';

/** What two traces are compared by. */
export type ComparedTrace = Pick<TraceView, 'events' | 'metrics' | 'manifest'>;

/** Two turns may be the same one however little their words have in common, if order alone speaks for it. */
const BY_ORDER_ALONE = 0.1;

/**
 * Two traces side by side. Their turns are paired by what the caller said and in order, so that one turn more on
 * either side does not set all later ones against the wrong one (alignment of two sequences by dynamic programming:
 * Needleman and Wunsch, 1970).
 */
export function compare(left: ComparedTrace, right: ComparedTrace): Comparison {
  const turns = pair(exchangesOf(left), exchangesOf(right)).map(([one, other]) => comparedTurn(one, other));
  return {
    turns,
    configuration: configuration(left.manifest?.bot ?? null, right.manifest?.bot ?? null),
    left: { wire: left.metrics.wire, engine: left.metrics.engine },
    right: { wire: right.metrics.wire, engine: right.metrics.engine },
    sameText: turns.every(
      ({ left: one, right: other }) =>
        one !== null &&
        other !== null &&
        sameWords(one.callerText, other.callerText) &&
        sameWords(one.botText, other.botText),
    ),
  };
}

/** Words as they are compared: lower case, without punctuation. */
export function wordsIn(text: string): readonly string[] {
  return (
    text
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}']+/gu) ?? []
  );
}

function sameWords(left: string, right: string): boolean {
  return wordsIn(left).join(' ') === wordsIn(right).join(' ');
}

function comparedTurn(left: ComparedSide | null, right: ComparedSide | null): ComparedTurn {
  const [wire, otherWire] = [left?.wireMs ?? null, right?.wireMs ?? null];
  return {
    left,
    right,
    callerText: difference(left?.callerText ?? '', right?.callerText ?? ''),
    botText: difference(left?.botText ?? '', right?.botText ?? ''),
    wireDeltaMs: wire === null || otherWire === null ? null : otherWire - wire,
    stageDeltas: left?.stages && right?.stages ? stageDeltas(left.stages, right.stages) : null,
  };
}

function difference(left: string, right: string): TextDifference {
  return diffWords(left, right).map(({ value, added, removed }) => ({
    kind: added ? 'added' : removed ? 'removed' : 'same',
    text: value,
  }));
}

function stageDeltas(left: LatencyStages, right: LatencyStages): Record<keyof LatencyStages, number> {
  const deltas = { ...right };
  for (const [stage] of LATENCY_STAGES) deltas[stage] = right[stage] - left[stage];
  return deltas;
}

/** Every turn of both sides once, in order, with its counterpart where it has one. */
function pair(
  left: readonly ComparedSide[],
  right: readonly ComparedSide[],
): readonly (readonly [ComparedSide | null, ComparedSide | null])[] {
  const leftWords = left.map(({ callerText }) => wordsIn(callerText));
  const rightWords = right.map(({ callerText }) => wordsIn(callerText));
  const width = right.length + 1;
  /** Best sum of likenesses of what follows the first `i` of the left and the first `j` of the right. */
  const best = new Float64Array((left.length + 1) * width);
  const likeness = (i: number, j: number): number =>
    BY_ORDER_ALONE + overlap(leftWords[i] ?? [], rightWords[j] ?? []);
  const bestOf = (i: number, j: number): number => best[i * width + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const paired = likeness(i, j) + bestOf(i + 1, j + 1);
      best[i * width + j] = Math.max(paired, bestOf(i + 1, j), bestOf(i, j + 1));
    }
  }
  const pairs: [ComparedSide | null, ComparedSide | null][] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const one = left[i] ?? null;
    const other = right[j] ?? null;
    if (one && other && bestOf(i, j) === likeness(i, j) + bestOf(i + 1, j + 1)) {
      pairs.push([one, other]);
      i += 1;
      j += 1;
    } else if (one && (!other || bestOf(i, j) === bestOf(i + 1, j))) {
      pairs.push([one, null]);
      i += 1;
    } else {
      pairs.push([null, other]);
      j += 1;
    }
  }
  return pairs;
}

/** Share of both sides' words that the other has too (Dice, 1945): 0..1. */
function overlap(left: readonly string[], right: readonly string[]): number {
  if (left.length + right.length === 0) return 1;
  const rest = [...right];
  let common = 0;
  for (const word of left) {
    const at = rest.indexOf(word);
    if (at === -1) continue;
    rest.splice(at, 1);
    common += 1;
  }
  return (2 * common) / (left.length + right.length);
}

function configuration(left: BotUsed | null, right: BotUsed | null): Comparison['configuration'] {
  if (!left || !right) return [];
  const differences: { what: string; left: string; right: string }[] = [];
  for (const what of ['prompt', 'settings', 'ref_audio', 'ref_text'] as const) {
    const [one, other] = [left.hashes[what] ?? 'none', right.hashes[what] ?? 'none'];
    if (one !== other) differences.push({ what, left: one, right: other });
  }
  const stages = new Set([...left.stages, ...right.stages].map(({ stage }) => stage));
  for (const stage of stages) {
    const one = left.stages.find((used) => used.stage === stage);
    const other = right.stages.find((used) => used.stage === stage);
    // What answers from a trace is no model of either's.
    if (one?.provider === 'frozen' || other?.provider === 'frozen') continue;
    const [said, otherSaid] = [described(one), described(other)];
    if (said !== otherSaid) differences.push({ what: stage, left: said, right: otherSaid });
  }
  return differences;
}

function described(used: StageUsed | undefined): string {
  if (!used) return 'none';
  const at = used.base_url === null ? '' : ` at ${used.base_url}`;
  const version = used.sha256 === null ? '' : ` (${used.sha256.slice(0, 12)})`;
  return `${used.provider} ${used.model}${at}${version}`;
}
