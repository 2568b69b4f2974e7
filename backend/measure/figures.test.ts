import { describe, expect, it } from 'vitest';
import type { WirePacket } from '../trace/wire.ts';
import { randomNumbers } from '../vad/fixtures/speech.ts';
import { skewPpm } from './skew.ts';
import { spreadOf } from './spread.ts';

describe('spreadOf', () => {
  it('gives values that were measured', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    // P(B <= 39) = 0.0176 and P(B <= 40) = 0.0284 for B heads in 100 throws.
    expect(spreadOf(hundred)).toEqual({
      count: 100,
      min: 1,
      p50: 50,
      p95: 95,
      p99: 99,
      max: 100,
      ci95: [40, 61],
    });
    expect(spreadOf([])).toBeNull();
  });

  it('says nothing of the confidence in fewer than ten', () => {
    expect(spreadOf([3, 1, 2])).toMatchObject({ p50: 2, ci95: null });
    expect(spreadOf(Array.from({ length: 10 }, (_, i) => i))).toMatchObject({ ci95: [1, 8] });
  });

  it('covers the true median as often as it says', () => {
    const random = randomNumbers(11);
    let covered = 0;
    for (let run = 0; run < 2000; run += 1) {
      const [low, high] = spreadOf(Array.from({ length: 25 }, () => -Math.log(1 - random())))?.ci95 ?? [0, 0];
      if (low <= Math.LN2 && Math.LN2 <= high) covered += 1;
    }
    expect(covered / 2000).toBeGreaterThan(0.94);
  });
});

describe('skewPpm', () => {
  const packets = (seconds: number, ppm: number): WirePacket[] => {
    const random = randomNumbers(5);
    return Array.from({ length: seconds * 50 }, (_, i) => ({
      at: i * 20 * (1 - ppm / 1e6) + 30 * random() ** 4,
      sample: i * 160,
      samples: 160,
      payloadType: 0,
      offset: 0,
      ssrc: 1,
      timestamp: (4_294_900_000 + i * 160) >>> 0,
    }));
  };

  it("finds the far end's clock through the jitter of the network", () => {
    for (const ppm of [-100, 0, 40, 100]) expect(skewPpm(packets(600, ppm))).toBeCloseTo(ppm, -0.5);
  });

  it('says nothing after less than a minute', () => {
    expect(skewPpm(packets(50, 100))).toBeNull();
    expect(skewPpm([])).toBeNull();
  });
});
