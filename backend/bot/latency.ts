import type { LatencyStages } from '../contract/events.ts';

/** When each step of an answer was reached, in clock ms; null when it never was (a key press has no STT). */
export interface Milestones {
  readonly lastVoiced: number;
  readonly turnEnded: number;
  readonly transcript: number | null;
  readonly firstToken: number | null;
  readonly firstClause: number | null;
  readonly firstAudio: number;
  readonly firstVoiced: number;
}

/**
 * Contiguous stages of what the caller waited. Work done ahead of its turn (speculation) counts as nothing in its
 * own stage, never as negative time, so the stages always add up to total - residual.
 */
export function latencyOf(milestones: Milestones): {
  totalMs: number;
  stages: LatencyStages;
  residualMs: number;
} {
  let reached = milestones.lastVoiced;
  const upTo = (moment: number | null): number => {
    if (moment === null || moment <= reached) return 0;
    const length = moment - reached;
    reached = moment;
    return length;
  };
  const stages: LatencyStages = {
    endpointing: upTo(milestones.turnEnded),
    stt: upTo(milestones.transcript),
    llm_first_token: upTo(milestones.firstToken),
    llm_first_clause: upTo(milestones.firstClause),
    tts_first_audio: upTo(milestones.firstAudio),
    packet: upTo(milestones.firstVoiced),
  };
  const totalMs = milestones.firstVoiced - milestones.lastVoiced;
  const sum = Object.values(stages).reduce((total, stage) => total + stage, 0);
  return { totalMs, stages, residualMs: totalMs - sum };
}
