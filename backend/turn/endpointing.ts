import type { TurnRules } from './types.ts';
import type { CallerTurn, Segment } from './state.ts';

/** Audio before the first voiced sample that goes to STT: VADs miss soft first phonemes. */
export const PRE_ROLL_MS = 200;
/** Audio after the last voiced sample, for soft last ones. */
export const TAIL_MS = 150;
/** A segment up to this long is transcribed anew, whole, when the caller goes on after a pause. */
export const WHOLE_MS = 15_000;
/** Speech without a pause is transcribed in pieces of this length. */
export const CUT_MS = 30_000;
/** A pause this long after a key ends the digits. */
export const DIGIT_PAUSE_MS = 1500;

/**
 * Silence that ends a turn. The probability that it sounds complete moves it: from 0.5 up, and when unknown, the
 * least silence; below, in proportion, up to the greatest at 0. In proportion, because smart-turn's 0.45 and 0.55
 * mean the same: not sure.
 */
export function silenceNeeded(rules: TurnRules, probability: number | null): number {
  const { min_silence_ms: least } = rules;
  if (probability === null || probability >= 0.5) return least;
  const most = Math.max(least, rules.max_silence_ms);
  return least + (most - least) * (1 - Math.max(0, probability) / 0.5);
}

/** When the turn is over if nothing more comes; null while the caller speaks or it is over already. */
export function endOfTurn(turn: CallerTurn, rules: TurnRules): number | null {
  if (turn.endedAt !== null) return null;
  const last = turn.segments.at(-1);
  if (last === undefined) return turn.digitsUntil;
  if (last.lastVoiced === null) return null;
  const speech = last.lastVoiced + silenceNeeded(rules, last.probability);
  return Math.max(speech, turn.digitsUntil ?? speech);
}

/**
 * A segment that starts with this voiced sample. The pre-roll never reaches back into speech that belongs to the
 * segment before: its last word would be heard twice.
 */
export function newSegment(voiceFrom: number, previousLastVoiced: number): Segment {
  return {
    audioFrom: Math.min(voiceFrom, Math.max(voiceFrom - PRE_ROLL_MS, previousLastVoiced)),
    voiceFrom,
    lastVoiced: null,
    voicedMs: 0,
    transcript: null,
    judgement: null,
    probability: null,
  };
}

/** The caller speaks on after a pause: what was known about the segment no longer counts. */
export function reopen(segment: Segment, voiceFrom: number): void {
  segment.voiceFrom = voiceFrom;
  segment.lastVoiced = null;
  segment.transcript = null;
  segment.judgement = null;
  segment.probability = null;
}

/** The voice is over; `lastVoiced` before the first voiced sample counts as no voice at all. */
export function close(segment: Segment, lastVoiced: number): number {
  const end = Math.max(lastVoiced, segment.voiceFrom);
  segment.voicedMs += end - segment.voiceFrom;
  segment.lastVoiced = end;
  return end;
}
