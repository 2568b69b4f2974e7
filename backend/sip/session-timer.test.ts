import { describe, expect, it } from 'vitest';
import {
  answerTimer,
  readTimerHeaders,
  type TimerHeaders,
  timerDue,
  timerOfAnswer,
  timerRefresh,
  timerWish,
} from './session-timer.ts';

const none: TimerHeaders = { expires: null, minSeS: 0, supported: false };

function headers(values: Readonly<Record<string, string>>): TimerHeaders {
  return readTimerHeaders({
    getHeaders: (name) => {
      const value = values[name];
      return value === undefined ? [] : [value];
    },
  });
}

describe('headers of session timers', () => {
  it('are read in either form, with or without refresher', () => {
    expect(headers({ 'session-expires': '1800 ; refresher = UAC', supported: 'replaces, Timer' })).toEqual({
      expires: { intervalS: 1800, refresher: 'uac' },
      minSeS: 0,
      supported: true,
    });
    expect(headers({ x: '90', 'min-se': '120;x=y', k: '100rel' })).toEqual({
      expires: { intervalS: 90, refresher: null },
      minSeS: 120,
      supported: false,
    });
  });

  it('that are nonsense count as none', () => {
    for (const value of ['', 'soon', '-1', '12345678901', '1e9', '90,90']) {
      expect(headers({ 'session-expires': value })).toEqual(none);
    }
  });

  it('ask for what we wish, and for more where somebody wanted more', () => {
    expect(timerWish(1800, 0)).toEqual(['Session-Expires: 1800']);
    expect(timerWish(1800, 3600)).toEqual(['Session-Expires: 3600', 'Min-SE: 3600']);
    expect(timerWish(null, 0)).toEqual([]);
    expect(timerRefresh(null, 0)).toEqual([]);
    expect(timerRefresh({ intervalS: 600, weRefresh: false }, 90)).toEqual([
      'Session-Expires: 600;refresher=uas',
    ]);
  });
});

describe('who refreshes (table 2 of RFC 4028)', () => {
  const asks = (refresher: 'uac' | 'uas' | null, supported = true): TimerHeaders => ({
    expires: { intervalS: 600, refresher },
    minSeS: 0,
    supported,
  });

  it.each([
    [asks(null, false), true],
    [asks('uac', false), true],
    [asks(null), true],
    [asks('uac'), false],
    [asks('uas'), true],
  ])('%j: we %s', (request, weRefresh) => {
    const answer = answerTimer(request, 1800);
    expect(answer.refused).toBeNull();
    if (answer.refused) return;
    expect(answer.timed).toEqual({ intervalS: 600, weRefresh });
    expect(answer.headers[0]).toBe(`Session-Expires: 600;refresher=${weRefresh ? 'uas' : 'uac'}`);
    expect(answer.headers.includes('Require: timer')).toBe(request.supported);
  });

  it('stays as it was in a later request that names nobody', () => {
    const before = { intervalS: 600, weRefresh: false };
    expect(answerTimer({ ...none, supported: true }, 1800, before)).toMatchObject({ timed: before });
  });

  it('is us alone where the far end knows no timers', () => {
    expect(timerOfAnswer(none, 1800)).toEqual({ intervalS: 1800, weRefresh: true });
    expect(timerOfAnswer(none, null)).toBeNull();
    expect(answerTimer(none, 1800)).toMatchObject({ timed: { intervalS: 1800, weRefresh: true } });
    expect(answerTimer(none, null)).toEqual({ refused: null, headers: [], timed: null });
  });

  it('is who the answer names, else we', () => {
    expect(timerOfAnswer({ ...none, expires: { intervalS: 90, refresher: 'uas' } }, 1800)).toEqual({
      intervalS: 90,
      weRefresh: false,
    });
    expect(timerOfAnswer({ ...none, expires: { intervalS: 90, refresher: null } }, 1800)?.weRefresh).toBe(
      true,
    );
  });
});

describe('intervals', () => {
  it('below 90 s are refused, ours never go below the other side’s limit', () => {
    expect(answerTimer({ ...none, expires: { intervalS: 89, refresher: null } }, 1800)).toEqual({
      refused: { minSeS: 90 },
    });
    const long = { expires: { intervalS: 7200, refresher: null }, minSeS: 3600, supported: true };
    expect(answerTimer(long, 1800)).toMatchObject({ timed: { intervalS: 3600 } });
    expect(answerTimer(long, null)).toMatchObject({ timed: { intervalS: 7200 } });
  });

  it('are refreshed at half, and given up a little before their end', () => {
    expect(timerDue({ intervalS: 1800, weRefresh: true })).toEqual({ act: 'refresh', afterMs: 900_000 });
    expect(timerDue({ intervalS: 1800, weRefresh: false })).toEqual({ act: 'end', afterMs: 1_768_000 });
    expect(timerDue({ intervalS: 90, weRefresh: false })).toEqual({ act: 'end', afterMs: 60_000 });
  });
});
