import type { CallEventBody } from '../contract/events.ts';
import type { Generation } from './generation.ts';
import { latencyOf } from './latency.ts';

/** A generation, and what became of it on the line. */
export interface Utterance {
  readonly generation: Generation;
  /** The caller's words it answers; null when it answers none (greeting, prompts). */
  readonly answers: string | null;
  /** When those words were known. */
  readonly transcriptAt: number | null;
  released: boolean;
  paused: boolean;
  played: boolean;
  failed: boolean;
}

/** What a caller's turn went through, for the latency of its answer. Clock ms. */
export interface TurnTimes {
  readonly lastVoiced: number;
  readonly endedAt: number;
}

/** How long the caller waited for this answer, first voiced at `firstVoiced`; null before its audio. */
export function latencyEvent(
  { generation, transcriptAt }: Utterance,
  { lastVoiced, endedAt }: TurnTimes,
  firstVoiced: number,
): CallEventBody | null {
  const { id, turn, firstTokenAt, firstClauseAt, firstAudioAt } = generation;
  if (firstAudioAt === null) return null;
  const { totalMs, stages, residualMs } = latencyOf({
    lastVoiced,
    turnEnded: endedAt,
    transcript: transcriptAt,
    firstToken: firstTokenAt,
    firstClause: firstClauseAt,
    firstAudio: firstAudioAt,
    firstVoiced,
  });
  return { type: 'latency', turn, generation: id, total_ms: totalMs, stages, residual_ms: residualMs };
}
