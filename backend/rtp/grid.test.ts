import { describe, expect, it } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { Histogram } from '../base/histogram.ts';
import { Grid, type Paced, Schedule } from './grid.ts';

interface Due {
  readonly dueAt: number;
  readonly now: number;
  readonly skipped: number;
}

function call(intervalMs: number, onDue: (due: Due) => void = () => undefined) {
  const dues: Due[] = [];
  const failures: unknown[] = [];
  const paced: Paced = {
    intervalMs,
    due(dueAt, now, skipped) {
      dues.push({ dueAt, now, skipped });
      onDue({ dueAt, now, skipped });
    },
    failed: (error) => void failures.push(error),
  };
  return { dues, failures, paced };
}

/** Serves every 5 ms up to `until`. */
function run(schedule: Schedule, clock: ManualClock, until: number, deviation = new Histogram()): void {
  while (clock.now() < until) {
    clock.advance(5);
    schedule.serve(clock, deviation);
  }
}

describe('Grid', () => {
  it('is exact after 10 million ticks', () => {
    const grid = new Grid(1000, 20);
    for (let i = 0; i < 10_000_000; i++) grid.advance(1);
    expect(grid.dueAt).toBe(1000 + 200_000_000);
  });

  it('counts the ticks before the latest due one', () => {
    const grid = new Grid(100, 20);
    expect([90, 100, 119.9, 120, 139, 150, 1100].map((now) => grid.missedBy(now))).toEqual([
      0, 0, 0, 1, 1, 2, 50,
    ]);
  });
});

describe('Schedule', () => {
  it.each([10, 20, 30, 40, 50, 60])('serves once each %i ms, at no other time', (intervalMs) => {
    const clock = new ManualClock();
    const schedule = new Schedule(clock.now());
    const { dues, paced } = call(intervalMs);
    schedule.add(paced, clock.now());
    run(schedule, clock, 6000);
    expect(dues.length).toBeGreaterThanOrEqual(6000 / intervalMs - 1);
    const first = dues[0]?.dueAt ?? NaN;
    expect(first % 5).toBe(0);
    for (const [i, due] of dues.entries())
      expect(due).toEqual({ dueAt: first + i * intervalMs, now: due.dueAt, skipped: 0 });
  });

  it('spreads calls over four phases, and gives a free place to the next', () => {
    const clock = new ManualClock(7777.7);
    const schedule = new Schedule(clock.now());
    const calls = Array.from({ length: 40 }, () => call(20));
    const removes = calls.map(({ paced }) => schedule.add(paced, clock.now()));
    run(schedule, clock, 9000);
    const phases = new Map<number, number>();
    for (const { dues } of calls) {
      const phase = (dues[0]?.dueAt ?? NaN) % 20;
      phases.set(phase, (phases.get(phase) ?? 0) + 1);
    }
    expect([...phases.values()]).toEqual([10, 10, 10, 10]);

    removes[2]?.();
    const late = call(20);
    schedule.add(late.paced, clock.now());
    run(schedule, clock, 9100);
    expect((late.dues[0]?.dueAt ?? NaN) % 20).toBe((calls[2]?.dues[0]?.dueAt ?? NaN) % 20);
  });

  it('sends one packet after a stall, not those it missed, and keeps to its grid', () => {
    const clock = new ManualClock();
    const schedule = new Schedule(0);
    const { dues, paced } = call(20);
    schedule.add(paced, 0);
    run(schedule, clock, 100);
    const before = dues.length;
    const expected = (dues.at(-1)?.dueAt ?? NaN) + 20;
    clock.advance(expected + 93 - clock.now());
    const deviation = new Histogram();
    schedule.serve(clock, deviation);
    expect(dues.slice(before)).toEqual([{ dueAt: expected + 80, now: expected + 93, skipped: 4 }]);
    expect(schedule.skipped).toBe(4);
    expect(deviation.max).toBeCloseTo(13, 9);
    run(schedule, clock, 400);
    expect(dues[before + 1]?.dueAt).toBe(expected + 100);
    expect(dues[before + 1]?.skipped).toBe(0);
  });

  it('sends a packet that is late by less than an interval', () => {
    const clock = new ManualClock();
    const schedule = new Schedule(0);
    const { dues, paced } = call(20);
    schedule.add(paced, 0);
    clock.advance(24);
    schedule.serve(clock, new Histogram());
    expect(dues).toEqual([{ dueAt: 20, now: 24, skipped: 0 }]);
  });

  it('measures what the calls before it in the slot cost a call', () => {
    const clock = new ManualClock();
    const schedule = new Schedule(0);
    for (let i = 0; i < 8; i++) schedule.add(call(20, () => clock.advance(0.5)).paced, 0);
    const deviation = new Histogram();
    clock.advance(20);
    schedule.serve(clock, deviation);
    expect(deviation.max).toBeGreaterThanOrEqual(0.5);
    expect(deviation.count).toBe(8);
  });

  it('drops a call that throws and serves the others', () => {
    const clock = new ManualClock();
    const schedule = new Schedule(0);
    const broken = call(10, () => {
      throw new Error('broken');
    });
    const sound = call(10);
    schedule.add(broken.paced, 0);
    schedule.add(sound.paced, 0);
    run(schedule, clock, 200);
    expect(broken.dues).toHaveLength(1);
    expect(broken.failures).toEqual([new Error('broken')]);
    expect(sound.dues.length).toBeGreaterThan(15);
    expect(schedule.size).toBe(1);
  });

  it('lets calls remove themselves and each other while it serves', () => {
    const clock = new ManualClock();
    const schedule = new Schedule(0);
    const removes: (() => void)[] = [];
    const calls = Array.from({ length: 8 }, () => call(20, () => removes.forEach((remove) => remove())));
    for (const { paced } of calls) removes.push(schedule.add(paced, 0));
    run(schedule, clock, 100);
    expect(calls.map(({ dues }) => dues.length).reduce((a, b) => a + b)).toBe(1);
    expect(schedule.size).toBe(0);
  });

  it('refuses an interval that would fall between slots', () => {
    const schedule = new Schedule(0);
    for (const interval of [0, -20, 12, 0.5])
      expect(() => schedule.add(call(interval).paced, 0)).toThrow(RangeError);
  });
});
