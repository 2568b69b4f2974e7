import type { LatencyStages } from '../../backend/contract/events.ts';

/** The parts of a wait: the stages, and what none of them accounts for. */
export type StageKey = keyof LatencyStages | 'residual';

/** From the caller's colour over the system's to the bot's: whose doing a part of the wait is. */
export const STAGE_COLOURS: Readonly<Record<StageKey, string>> = {
  endpointing: 'var(--caller)',
  stt: 'color-mix(in oklab, var(--caller), var(--system) 60%)',
  llm_first_token: 'var(--system)',
  llm_first_clause: 'color-mix(in oklab, var(--system), var(--bg) 35%)',
  tts_first_audio: 'var(--bot)',
  packet: 'color-mix(in oklab, var(--bot), var(--bg) 45%)',
  residual: 'var(--warning)',
};
