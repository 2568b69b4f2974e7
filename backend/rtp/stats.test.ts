import { describe, expect, it } from 'vitest';
import { ReceptionStats } from './stats.ts';

/** Packets of 20 ms from `sequence` on, arriving when they were sent. */
function feed(stats: ReceptionStats, sequence: number, count: number, at = 0): void {
  for (let i = 0; i < count; i++) stats.add((sequence + i) & 0xffff, (i * 160) >>> 0, at + i * 20);
}

describe('ReceptionStats', () => {
  it('counts nothing before the first packet', () => {
    const stats = new ReceptionStats(8000);
    expect([stats.received, stats.lost, stats.jitterMs]).toEqual([0, 0, 0]);
    expect(stats.report()).toEqual({ fractionLost: 0, lost: 0, highestSequence: 0, jitter: 0 });
  });

  it('extends the sequence number over its wrap', () => {
    const stats = new ReceptionStats(8000);
    feed(stats, 65_530, 10);
    expect(stats.report()).toMatchObject({ lost: 0, highestSequence: 0x10000 + 3 });
  });

  it('counts loss in all and, as a fraction, since the last report', () => {
    const stats = new ReceptionStats(8000);
    for (let i = 0; i < 100; i++) if (i % 4 !== 1) stats.add(i, i * 160, i * 20);
    expect(stats.report()).toMatchObject({ lost: 25, fractionLost: 64 });
    for (let i = 100; i < 200; i++) stats.add(i, i * 160, i * 20);
    expect(stats.report()).toMatchObject({ lost: 25, fractionLost: 0 });
  });

  it('takes reordering for no loss and a duplicate for a packet too many', () => {
    const stats = new ReceptionStats(8000);
    for (const sequence of [1, 3, 2, 4, 4]) stats.add(sequence, sequence * 160, sequence * 20);
    expect(stats.lost).toBe(-1);
    expect(stats.report()).toMatchObject({ lost: -1, fractionLost: 0, highestSequence: 4 });
  });

  it('begins anew when two packets in a row come from somewhere else, not for a stray one', () => {
    const stats = new ReceptionStats(8000);
    feed(stats, 100, 50);
    stats.add(40_000, 0, 1000);
    expect(stats.received).toBe(50);
    stats.add(150, 50 * 160, 1000);
    stats.add(50_000, 0, 1020);
    stats.add(50_001, 160, 1040);
    expect(stats.report()).toEqual({ fractionLost: 0, lost: 0, highestSequence: 50_001, jitter: 0 });
  });

  it('computes jitter as RFC 3550 A.8: none on the grid, J += (|D| - J) / 16 off it, over a timestamp wrap', () => {
    const stats = new ReceptionStats(8000);
    const start = 0xffffff00;
    let expected = 0;
    let deviationBefore = 0;
    for (let i = 0; i < 500; i++) {
      const deviation = i % 2 === 0 ? 0 : 8;
      stats.add(i, (start + i * 160) >>> 0, i * 20 + deviation);
      if (i > 0) expected += (Math.abs(deviation - deviationBefore) - expected) / 16;
      deviationBefore = deviation;
    }
    expect(stats.jitterMs).toBeCloseTo(expected, 9);
    expect(stats.jitterMs).toBeCloseTo(8, 3);
    expect(stats.report().jitter).toBe(63);

    const steady = new ReceptionStats(8000);
    feed(steady, 0, 500);
    expect(steady.jitterMs).toBe(0);
  });

  it('sees no jitter in silence suppression, nor in the repeated timestamp of a DTMF event', () => {
    const stats = new ReceptionStats(8000);
    stats.add(1, 160, 20);
    stats.add(2, 160 + 16_160, 20 + 2020);
    for (let i = 0; i < 5; i++) stats.add(3 + i, 160 + 16_320, 2060 + i * 20);
    stats.add(8, 160 + 17_120, 2160);
    expect(stats.jitterMs).toBe(0);
    expect(stats.lost).toBe(0);
  });
});
