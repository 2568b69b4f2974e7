import { expect, it } from 'vitest';
import type { TurnMetrics } from '../../backend/contract/traces.ts';
import { waitBars } from '../call/waits.ts';
import { aheadOf, wireWaterfall } from './turns.ts';

const measured: TurnMetrics = {
  turn: 2,
  generation: 3,
  callerEndedAt: 10_000,
  botBeganAt: 10_900,
  wireMs: 900,
  wireCallerClockMs: 900,
  stages: {
    endpointing: 400,
    stt: 0,
    llm_first_token: 200,
    llm_first_clause: 100,
    tts_first_audio: 150,
    packet: 20,
  },
  engineMs: 870,
  residualMs: 30,
  cause: 'voice_begin',
  overlapped: [],
};

it('puts the stages one after the other and adds up to what was measured', () => {
  const wait = wireWaterfall(measured);
  expect(wait?.stages.map(({ from, to }) => [from, to])).toEqual([
    [10_000, 10_400],
    [10_400, 10_400],
    [10_400, 10_600],
    [10_600, 10_700],
    [10_700, 10_850],
    [10_850, 10_870],
  ]);
  const bars = wait ? waitBars(wait) : [];
  expect(bars.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(900, 6);
  expect(bars.at(-1)).toMatchObject({ part: 'residual', ms: 30 });
});

it('is all unaccounted for where no engine took part', () => {
  const wait = wireWaterfall({ ...measured, stages: null, engineMs: null, residualMs: null, generation: 0 });
  expect(wait).toMatchObject({ stages: [], residualMs: 900, totalMs: 900 });
});

it('is nothing where one end was not found', () => {
  expect(wireWaterfall({ ...measured, botBeganAt: null, wireMs: null })).toBeNull();
});

it('shows of the work done ahead what lies in the wait', () => {
  const wait = { from: 1000, to: 2000 };
  expect(aheadOf({ from: 500, to: 1250 }, wait)).toEqual({ left: 0, width: 0.25 });
  expect(aheadOf({ from: 1500, to: 3000 }, wait)).toEqual({ left: 0.5, width: 0.5 });
  expect(aheadOf({ from: 100, to: 200 }, wait)).toEqual({ left: 0, width: 0 });
});
