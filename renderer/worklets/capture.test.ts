import { describe, expect, it } from 'vitest';
import { Capture } from './capture.ts';

/** Amplitude of a tone in 8 kHz samples. */
function amplitude(samples: readonly number[], hertz: number): number {
  let sine = 0;
  let cosine = 0;
  for (const [i, sample] of samples.entries()) {
    const phase = (2 * Math.PI * hertz * i) / 8000;
    sine += sample * Math.sin(phase);
    cosine += sample * Math.cos(phase);
  }
  return (2 * Math.hypot(sine, cosine)) / samples.length;
}

function capture(rate: number, hertz: number, seconds: number): { samples: number[]; lengths: Set<number> } {
  const samples: number[] = [];
  const lengths = new Set<number>();
  const taken = new Capture(rate, (pcm) => {
    lengths.add(pcm.length);
    samples.push(...pcm);
  });
  const quanta = Math.ceil((rate * seconds) / 128);
  for (let quantum = 0; quantum < quanta; quantum += 1) {
    taken.write(
      Float32Array.from(
        { length: 128 },
        (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * (quantum * 128 + i)) / rate),
      ),
    );
  }
  return { samples, lengths };
}

describe('Capture', () => {
  it.each([44_100, 48_000])('makes 200 frames of 5 ms a second out of quanta at %i Hz', (rate) => {
    const { samples, lengths } = capture(rate, 1000, 2);
    expect([...lengths]).toEqual([40]);
    expect(samples.length).toBe(16_000);
    expect(amplitude(samples.slice(800), 1000)).toBeCloseTo(16_384, -2);
  });

  it('lets nothing of what 8 kHz cannot carry through', () => {
    const { samples } = capture(48_000, 5000, 1);
    const loudest = Math.max(...samples.slice(800).map(Math.abs));
    expect(loudest).toBeLessThan(10);
  });

  it('cuts off what is beyond full scale instead of wrapping it round', () => {
    const samples: number[] = [];
    const taken = new Capture(48_000, (pcm) => samples.push(...pcm));
    for (let quantum = 0; quantum < 40; quantum += 1) taken.write(new Float32Array(128).fill(3));
    expect(Math.min(...samples.slice(100))).toBeGreaterThan(32_000);
  });
});
