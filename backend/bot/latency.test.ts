import { describe, expect, it } from 'vitest';
import { latencyOf } from './latency.ts';

const milestones = {
  lastVoiced: 1000,
  turnEnded: 1300,
  transcript: 1400,
  firstToken: 1500,
  firstClause: 1550,
  firstAudio: 1700,
  firstVoiced: 1712,
};

describe('latencyOf', () => {
  it('gives contiguous stages that add up to what the caller waited', () => {
    const { totalMs, stages, residualMs } = latencyOf(milestones);
    expect(stages).toEqual({
      endpointing: 300,
      stt: 100,
      llm_first_token: 100,
      llm_first_clause: 50,
      tts_first_audio: 150,
      packet: 12,
    });
    expect(totalMs).toBe(712);
    expect(residualMs).toBe(0);
  });

  it('counts work done before the end of the turn as nothing, never as negative time', () => {
    const { totalMs, stages } = latencyOf({
      ...milestones,
      transcript: 1200,
      firstToken: 1250,
      firstClause: 1290,
    });
    expect(stages).toMatchObject({ endpointing: 300, stt: 0, llm_first_token: 0, llm_first_clause: 0 });
    expect(stages.tts_first_audio).toBe(400);
    expect(Object.values(stages).reduce((sum, stage) => sum + stage)).toBe(totalMs);
  });

  it('leaves out stages that there were none of', () => {
    expect(latencyOf({ ...milestones, transcript: null }).stages).toMatchObject({
      stt: 0,
      llm_first_token: 200,
    });
  });
});
