import { LINE_RATE } from '../contract/party.ts';

/** A clause as far as it was played; SpeechQueue's clauses are such. */
export interface PlayedClause {
  /** Characters [from, to) of the generation's text. */
  readonly from: number;
  readonly to: number;
  /** Samples synthesised so far. */
  readonly samples: number;
  /** Samples that left in a packet. */
  readonly played: number;
  /** Whether `samples` is all of it. */
  readonly whole: boolean;
}

/** Slow speech: how long a clause may become whose synthesis is not done, where nothing better is known. */
const SAMPLES_PER_CHARACTER = LINE_RATE / 12;

/**
 * Splits a generation's text at the last word the caller has heard at least half of, going by each clause's share
 * of samples played. `clauses`: those whose synthesis has begun, in order. Rather says too little than too much.
 */
export function whatWasHeard(
  text: string,
  clauses: readonly PlayedClause[],
): { heard: string; unheard: string } {
  const last = clauses.findLast((clause) => clause.played > 0);
  const reached = last ? positionWithin(last, clauses) : 0;
  let cut = 0;
  for (const word of text.matchAll(/\S+/g)) {
    if (word.index + word[0].length / 2 > reached) break;
    cut = word.index + word[0].length;
  }
  return { heard: text.slice(0, cut).trim(), unheard: text.slice(cut).trim() };
}

function positionWithin(clause: PlayedClause, clauses: readonly PlayedClause[]): number {
  const characters = clause.to - clause.from;
  const expected = clause.whole ? clause.samples : Math.max(clause.samples, characters * slowest(clauses));
  return clause.from + characters * Math.min(1, clause.played / expected);
}

/** Samples per character of the slowest clause that is whole. */
function slowest(clauses: readonly PlayedClause[]): number {
  const whole = clauses.filter((clause) => clause.whole && clause.to > clause.from);
  if (whole.length === 0) return SAMPLES_PER_CHARACTER;
  return Math.max(...whole.map((clause) => clause.samples / (clause.to - clause.from)));
}
