import { describe, expect, it } from 'vitest';
import { EVENT_VERSION, LATENCY_STAGES, callEvent } from '../../backend/contract/events.ts';
import log from '../../backend/fold/fixtures/demo.ndjson?raw';
import { waterfallOf } from '../../backend/fold/waterfall.ts';
import { lanesText } from '../lanes/text.ts';
import { partName, spanOf, stageText, type WaitPart } from './stage-text.ts';
import { waitBars } from './waits.ts';

const latencies = log
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => callEvent.parse(JSON.parse(line)))
  .filter((event) => event.type === 'latency');

describe('waitBars', () => {
  it('add up to what the caller waited, without gap or overlap', () => {
    expect(latencies.length).toBeGreaterThan(0);
    for (const event of latencies) {
      const bars = waitBars(waterfallOf(event, 10_000));
      expect(bars.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(event.total_ms, 2);
      expect(bars.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(1, 4);
      for (const [index, { from }] of bars.entries()) {
        if (index > 0) expect(from).toBeCloseTo(bars[index - 1]?.to ?? Number.NaN, 6);
      }
    }
  });

  it('show a residual, and stay within the whole when the stages overshoot it', () => {
    const stages = {
      endpointing: 300,
      stt: 0,
      llm_first_token: 50,
      llm_first_clause: 0,
      tts_first_audio: 100,
      packet: 5,
    };
    const at = (total_ms: number) =>
      waitBars(
        waterfallOf(
          {
            v: EVENT_VERSION,
            seq: 1,
            at: 0,
            call: 'c',
            type: 'latency',
            turn: 1,
            generation: 1,
            total_ms,
            stages,
            residual_ms: total_ms - 455,
          },
          1000,
        ),
      );
    expect(at(475).at(-1)).toMatchObject({ part: 'residual', ms: 20, from: 980, to: 1000 });
    expect(at(450).at(-1)).toMatchObject({ part: 'residual', ms: -5, width: 0 });
    for (const bar of at(450)) expect(bar.left + bar.width).toBeLessThanOrEqual(1);
  });
});

it.each(['en', 'ru'] as const)(
  'every part of a wait has its name and where it is counted: %s',
  (language) => {
    const [t, lanes] = [stageText[language], lanesText[language]];
    const parts: readonly WaitPart[] = [...LATENCY_STAGES.map(([key]) => key), 'residual', 'total'];
    for (const part of parts) {
      expect(partName(t, lanes, part)).toMatch(/\S/);
      expect(spanOf(t, part)).toMatch(/\S.*\.$/);
    }
    expect(new Set(parts.map((part) => partName(t, lanes, part))).size).toBe(parts.length);
  },
);
