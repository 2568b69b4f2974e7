import { describe, expect, it } from 'vitest';
import { ClickFinder, clickTrack, delaysBetween } from './audio-path-clicks.ts';
import { decodeMulaw, encodeMulaw } from './mulaw.ts';

const SECONDS = 20;

function clicksIn(samples: Iterable<number>, rate: number): number[] {
  const finder = new ClickFinder();
  const found: number[] = [];
  let index = 0;
  for (const sample of samples) {
    const click = finder.push(sample / 32_768, (index * 1000) / rate);
    if (click !== null) found.push(click);
    index += 1;
  }
  return found;
}

describe('clicks', () => {
  const found = clicksIn(clickTrack(48_000, SECONDS), 48_000);

  it('come about once a second, each gap another', () => {
    expect(found.length).toBe(SECONDS - 1);
    const gaps = found.slice(1).map((at, index) => Math.round(at - (found[index] ?? 0)));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(new Set(gaps).size).toBeGreaterThan(gaps.length - 3);
  });

  it.each([8000, 44_100])('are found in the same places at %i Hz', (rate) => {
    const others = clicksIn(clickTrack(rate, SECONDS), rate);
    expect(others.length).toBe(found.length);
    for (const [index, at] of others.entries()) expect(at).toBeCloseTo(found[index] ?? 0, 1);
  });

  it('are found in the same places after mu-law, quieter and over noise', () => {
    let noise = 1;
    const line = Array.from(clickTrack(8000, SECONDS), (sample) => {
      noise = (noise * 16_807) % 2_147_483_647;
      return decodeMulaw(encodeMulaw(sample / 2 + (noise % 200) - 100));
    });
    const heard = clicksIn(line, 8000);
    expect(heard.length).toBe(found.length);
    for (const [index, at] of heard.entries()) expect(Math.abs(at - (found[index] ?? 0))).toBeLessThan(0.2);
  });

  it('are none where there is silence, or sound that does not begin', () => {
    expect(clicksIn(new Int16Array(8000), 8000)).toEqual([]);
    expect(clicksIn(new Int16Array(8000).fill(8000), 8000)).toEqual([]);
  });
});

describe('delaysBetween', () => {
  it('pairs each click with the first that was heard after it, and counts those that were not', () => {
    expect(delaysBetween([0, 1000, 2000, 3000], [40, 1050, 3600], 400)).toEqual({
      delays: [40, 50],
      missed: 2,
    });
  });
});
