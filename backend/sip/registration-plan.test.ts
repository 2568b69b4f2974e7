import { describe, expect, test } from 'vitest';
import { firstState, nextStep, timeLeft, type RegistrationEvent } from './registration-plan.ts';

const refused = (
  code: number,
  more: { retryAfterS?: number; minExpiresS?: number } = {},
): RegistrationEvent => ({
  type: 'refused',
  code,
  text: `${code}: no`,
  retryAfterS: more.retryAfterS ?? null,
  minExpiresS: more.minExpiresS ?? null,
});
const MINUTE = 60_000;

/** How long is waited after each of `count` refusals in a row, at the least and at the most. */
function waits(event: RegistrationEvent, count: number): [number, number][] {
  let low = firstState(600);
  let high = firstState(600);
  return Array.from({ length: count }, () => {
    const a = nextStep(low, event, 0, 0);
    const b = nextStep(high, event, 0, 1 - 1e-12);
    low = a.state;
    high = b.state;
    return [a.nextInMs, Math.round(b.nextInMs)];
  });
}

describe('accepted', () => {
  test('refreshed well before it runs out', () => {
    for (const random of [0, 0.5, 0.999]) {
      const { state, view, nextInMs } = nextStep(
        firstState(600),
        { type: 'accepted', expiresS: 3600 },
        1000,
        random,
      );
      expect(view).toEqual({
        state: 'registered',
        message: 'registered, 60 min left',
        hint: null,
        until: 3_601_000,
        retryAt: null,
      });
      expect(nextInMs).toBeGreaterThanOrEqual(48 * MINUTE);
      expect(nextInMs).toBeLessThan(54 * MINUTE);
      expect(state.failures).toBe(0);
    }
  });

  test('a registrar that says nothing granted what was asked for', () => {
    expect(nextStep(firstState(600), { type: 'accepted', expiresS: null }, 0, 0).nextInMs).toBe(480_000);
  });

  test.each([1, 5])('%d s do not make us ask all the time', (expiresS) => {
    expect(nextStep(firstState(600), { type: 'accepted', expiresS }, 0, 0).nextInMs).toBe(10_000);
  });

  test('for 0 s is a failure', () => {
    const { view, nextInMs } = nextStep(firstState(600), { type: 'accepted', expiresS: 0 }, 0, 0);
    expect(view?.state).toBe('failed');
    expect(nextInMs).toBeGreaterThanOrEqual(2000);
  });

  test('for ever is for a week, which a timer can still count', () => {
    expect(
      nextStep(firstState(600), { type: 'accepted', expiresS: 4_294_967_295 }, 0, 0.999).nextInMs,
    ).toBeLessThan(2 ** 31);
  });
});

describe('refused', () => {
  test('after a failure of the moment: soon, then by RFC 5626 section 4.5', () => {
    expect(waits(refused(503), 9)).toEqual([
      [2000, 4000],
      [15_000, 30_000],
      [30_000, MINUTE],
      [MINUTE, 2 * MINUTE],
      [2 * MINUTE, 4 * MINUTE],
      [4 * MINUTE, 8 * MINUTE],
      [8 * MINUTE, 16 * MINUTE],
      [15 * MINUTE, 30 * MINUTE],
      [15 * MINUTE, 30 * MINUTE],
    ]);
  });

  test.each([401, 403, 404, 407, 603])('%d: nothing changes by itself, and nobody is hammered', (code) => {
    expect(waits(refused(code), 4)).toEqual([
      [5 * MINUTE, 10 * MINUTE],
      [10 * MINUTE, 20 * MINUTE],
      [15 * MINUTE, 30 * MINUTE],
      [15 * MINUTE, 30 * MINUTE],
    ]);
  });

  test('when it says for how long, then for that long, an hour at most', () => {
    const wait = (retryAfterS: number) =>
      nextStep(firstState(600), refused(503, { retryAfterS }), 0, 0).nextInMs;
    expect([120, 0, 1_000_000].map(wait)).toEqual([120_000, 1000, 3_600_000]);
  });

  test('too brief: at once as long as it wants, once', () => {
    const first = nextStep(firstState(60), refused(423, { minExpiresS: 300 }), 0, 0);
    expect(first).toMatchObject({ state: { expiresS: 300 }, view: null, nextInMs: 0 });
    expect(nextStep(first.state, refused(423, { minExpiresS: 300 }), 0, 0).view?.state).toBe('failed');
    expect(nextStep(firstState(60), refused(423, { minExpiresS: 999_999_999 }), 0, 0).view?.state).toBe(
      'failed',
    );
    expect(nextStep(firstState(60), refused(423), 0, 0).view?.state).toBe('failed');
  });

  test('what still holds is told while it does', () => {
    const { state } = nextStep(firstState(600), { type: 'accepted', expiresS: 600 }, 0, 0);
    expect(nextStep(state, refused(503), 590_000, 0).view).toMatchObject({ state: 'failed', until: 600_000 });
    expect(nextStep(state, refused(503), 600_001, 0).view).toMatchObject({ state: 'failed', until: null });
  });
});

describe('redirected', () => {
  test('follows, not in a circle, not for ever', () => {
    const once = nextStep(firstState(600), { type: 'redirected', to: 'sip:a' }, 0, 0);
    expect(once).toMatchObject({ state: { hops: ['sip:a'] }, view: null, nextInMs: 0 });
    const again = nextStep(once.state, { type: 'redirected', to: 'sip:a' }, 0, 0);
    expect(again.view).toMatchObject({
      state: 'failed',
      message: 'the registrar redirects in a circle (sip:a)',
    });
    expect(again.state.hops).toEqual([]);
    let state = firstState(600);
    for (let hop = 0; hop < 5; hop += 1)
      ({ state } = nextStep(state, { type: 'redirected', to: `sip:${hop}` }, 0, 0));
    expect(nextStep(state, { type: 'redirected', to: 'sip:z' }, 0, 0).view?.message).toBe(
      'redirected more than 5 times',
    );
    expect(nextStep(firstState(600), { type: 'redirected', to: null }, 0, 0).view?.state).toBe('failed');
  });
});

test.each([
  [0, '0 s'],
  [90_000, '90 s'],
  [54 * MINUTE, '54 min'],
  [10 * 60 * MINUTE, '10 h'],
  [-5, '0 s'],
])('%d ms are %s', (ms, text) => {
  expect(timeLeft(ms)).toBe(text);
});
