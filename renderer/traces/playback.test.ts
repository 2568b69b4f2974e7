import { describe, expect, it } from 'vitest';
import { isHeard, lastBegun, meanLevels, nextTurn, previousTurn, rateStep, within } from './playback.ts';

const side = (muted: boolean, solo: boolean) => ({ muted, solo });

describe('sides', () => {
  it('are both heard at first', () => {
    const sides = { caller: side(false, false), bot: side(false, false) };
    expect([isHeard(sides, 'caller'), isHeard(sides, 'bot')]).toEqual([true, true]);
  });

  it('give way to the one that is solo', () => {
    const sides = { caller: side(false, false), bot: side(false, true) };
    expect([isHeard(sides, 'caller'), isHeard(sides, 'bot')]).toEqual([false, true]);
  });

  it('are not heard while muted, solo or not', () => {
    const sides = { caller: side(true, true), bot: side(false, false) };
    expect([isHeard(sides, 'caller'), isHeard(sides, 'bot')]).toEqual([false, false]);
  });
});

describe('turns', () => {
  const starts = [1000, 5000, 9000];

  it('are gone through forwards', () => {
    expect(nextTurn(starts, 0)).toBe(1000);
    expect(nextTurn(starts, 5000)).toBe(9000);
    expect(nextTurn(starts, 9000)).toBeNull();
  });

  it('begin again before the one before is gone to', () => {
    expect(previousTurn(starts, 7000)).toBe(5000);
    expect(previousTurn(starts, 5400)).toBe(1000);
    expect(previousTurn(starts, 1200)).toBeNull();
  });
});

it('keeps within the call', () => {
  expect([within(-5, 100), within(105, 100), within(50, 100), within(5, 0)]).toEqual([0, 100, 50, 0]);
});

it('goes through the speeds and stays at either end', () => {
  expect([rateStep(1, 1), rateStep(1, -1), rateStep(2, 1), rateStep(0.5, -1)]).toEqual([1.25, 0.75, 2, 0.5]);
});

it('knows what began last', () => {
  const items = [{ at: 0 }, { at: 10 }, { at: 10 }, { at: 30 }];
  expect(lastBegun(items, 15)).toBe(items[2]);
  expect(lastBegun(items, -1)).toBeNull();
});

describe('mean levels', () => {
  // Caller and bot in turn: the caller at full scale for half of the time, the bot silent.
  const levels = { everyMs: 20, values: new Float32Array([0, -96, -Infinity, -96, 0, -96, -Infinity, -96]) };

  it('are of power, not of decibels', () => {
    expect(meanLevels(levels, 0, 80).callerDb).toBeCloseTo(-3.01, 2);
    expect(meanLevels(levels, 0, 80).botDb).toBeNull();
  });

  it('take at least one value, and none beyond the end', () => {
    expect(meanLevels(levels, 0, 5).callerDb).toBeCloseTo(0, 5);
    expect(meanLevels(levels, 60, 1000).callerDb).toBeNull();
    expect(meanLevels(levels, 500, 600)).toEqual({ callerDb: null, botDb: null });
  });
});
