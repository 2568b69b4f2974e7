import { describe, expect, it } from 'vitest';
import { History } from './history.ts';

const ramp = (from: number, to: number): Int16Array =>
  Int16Array.from({ length: to - from }, (_, i) => from + i);

describe('History', () => {
  it('gives back what was written, across the seam of the ring', () => {
    const history = new History(1000);
    for (let at = 0; at < 2560; at += 160) history.write(ramp(at, at + 160), at);
    expect([history.start, history.end]).toEqual([1560, 2560]);
    for (const [from, to] of [
      [1560, 2560],
      [1900, 2100],
      [2000, 2000],
    ] as const) {
      expect(history.slice(from, to)).toEqual({ pcm: ramp(from, to), from, missing: 0 });
    }
  });

  it('says what it no longer has, and clamps to what has come', () => {
    const history = new History(1000);
    history.write(ramp(0, 1500), 0);
    expect(history.slice(300, 700)).toEqual({ pcm: ramp(500, 700), from: 500, missing: 200 });
    expect(history.slice(100, 300)).toEqual({ pcm: new Int16Array(), from: 500, missing: 200 });
    expect(history.slice(1400, 1600)).toEqual({ pcm: ramp(1400, 1500), from: 1400, missing: 0 });
  });

  it('gives a copy', () => {
    const history = new History(100);
    history.write(ramp(0, 100), 0);
    const { pcm } = history.slice(0, 100);
    history.write(new Int16Array(100), 100);
    expect(pcm).toEqual(ramp(0, 100));
  });

  it('keeps a hole as silence and the first of what comes twice', () => {
    const history = new History(1000);
    history.write(ramp(5000, 5100), 5000);
    expect(history.start).toBe(5000);
    history.write(ramp(5150, 5200), 5150);
    history.write(new Int16Array(100).fill(-1), 5120);
    expect(history.slice(5000, 6000).pcm).toEqual(
      Int16Array.of(
        ...ramp(5000, 5100),
        ...new Int16Array(50),
        ...ramp(5150, 5200),
        ...new Int16Array(20).fill(-1),
      ),
    );
    history.write(ramp(20_000, 20_100), 20_000);
    expect(history.slice(19_900, 20_100).pcm).toEqual(
      Int16Array.of(...new Int16Array(100), ...ramp(20_000, 20_100)),
    );
  });
});
