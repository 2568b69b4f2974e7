import { describe, expect, it } from 'vitest';
import { accountSettings } from '../../backend/contract/sip.ts';
import type { LineView } from '../../backend/contract/sip.ts';
import type { AccountEntry } from '../../backend/contract/window.ts';
import { line } from './fixtures/line.ts';
import { activeLine, autoAnswer, heldLines, otherLines, ringingLines, soundOf } from './lines.ts';

const byCall = (...lines: LineView[]) => new Map(lines.map((one) => [one.call, one]));
const party = (name: string, takenOver = false) => ({
  summary: { party: name, state: 'live' as const, takenOver },
});
const NO_CALLS = new Map();
const PLACED = new Map([['mine', 'person' as const]]);

function account(more: Record<string, unknown>, name = 'alice'): AccountEntry {
  return {
    name,
    settings: accountSettings.parse({ aor: `sip:${name}@example.com`, ...more }),
    hasPassword: true,
  };
}

const connected = { state: 'connected', answeredAt: 2000 } as const;
const incoming = { direction: 'in', state: 'incoming' } as const;

describe('the line in use', () => {
  const calls = new Map([
    ['a', party('person')],
    ['b', party('person')],
    ['bot', party('harbor-dental')],
  ]);

  it('is the one of the person that is not held', () => {
    const lines = byCall(
      line('a', { ...connected, heldByUs: true }),
      line('b', { ...connected, answeredAt: 3000 }),
      line('bot', connected),
    );
    expect(activeLine(lines, calls, NO_CALLS)?.call).toBe('b');
    expect(heldLines(lines, calls, NO_CALLS).map(({ call }) => call)).toEqual(['a']);
  });

  it('is none while all are held, and never one of the bot', () => {
    const lines = byCall(line('a', { ...connected, heldByUs: true }), line('bot', connected));
    expect(activeLine(lines, calls, NO_CALLS)).toBeNull();
  });

  it('may be one that the person has taken over from the bot', () => {
    const taken = new Map([['bot', party('harbor-dental', true)]]);
    expect(activeLine(byCall(line('bot', connected)), taken, NO_CALLS)?.call).toBe('bot');
  });

  it('is known before its audio begins, if it was placed from here', () => {
    expect(activeLine(byCall(line('mine', connected)), NO_CALLS, PLACED)?.call).toBe('mine');
  });
});

describe('otherLines', () => {
  const lines = byCall(
    line('bot', { ...connected, heldByUs: true }),
    line('mine', { state: 'ringing' }),
    line('a', { ...connected, heldByUs: true }),
  );
  const calls = new Map([
    ['a', party('person')],
    ['bot', party('harbor-dental')],
  ]);
  const others = (shown: string, consultations: ReadonlyMap<string, string>) =>
    otherLines(shown, lines, calls, { placed: PLACED, consultations }).map(({ call }) => call);

  it("are the person's, without the one on show", () => {
    expect(others('mine', new Map())).toEqual(['a']);
    expect(others('a', new Map())).toEqual([]);
  });

  it('have among them what is consulted about, once', () => {
    expect(others('mine', new Map([['mine', 'bot']]))).toEqual(['a', 'bot']);
    expect(others('mine', new Map([['mine', 'a']]))).toEqual(['a']);
    expect(others('mine', new Map([['mine', 'gone']]))).toEqual(['a']);
  });
});

describe('ringingLines', () => {
  it('leaves out what the bot answers, and rings for an account it knows nothing of', () => {
    const lines = byCall(
      line('b', { ...incoming, account: 'shop', startedAt: 1 }),
      line('second', { ...incoming, startedAt: 3 }),
      line('first', { ...incoming, account: 'unknown', startedAt: 2 }),
      line('answered', { ...incoming, ...connected }),
    );
    const entries = [account({ who: 'ring' }), account({ who: 'bot' }, 'shop')];
    expect(ringingLines(lines, entries).map(({ call }) => call)).toEqual(['first', 'second']);
  });
});

it('does not ring where the bot answers at once', () => {
  const entry = account({ who: 'ring', auto_answer: [{ from: 'b*' }] });
  const rings = (uri: string) =>
    ringingLines(byCall(line('c', { ...incoming, remote: { uri, name: null } })), [entry]);
  expect(rings('sip:bob@x')).toEqual([]);
  expect(rings('sip:carol@x')).toHaveLength(1);
});

describe('autoAnswer', () => {
  const rules = {
    who: 'ring',
    auto_answer: [
      { from: '49*', after_s: 5 },
      { who: 'person', after_s: 20 },
    ],
  };
  const from = (user: string) => line('c', { ...incoming, remote: { uri: `sip:${user}@x`, name: null } });

  it('takes the first rule that fits', () => {
    expect(autoAnswer(from('4930'), [account(rules)])).toEqual({ who: 'bot', at: 6000 });
    expect(autoAnswer(from('1'), [account(rules)])).toEqual({ who: 'person', at: 21_000 });
  });

  it('takes signs of a pattern as they are', () => {
    const dotted = account({ who: 'ring', auto_answer: [{ from: 'a.b' }] });
    expect(autoAnswer(from('axb'), [dotted])).toBeNull();
    expect(autoAnswer(from('a.b'), [dotted])).not.toBeNull();
    expect(autoAnswer(from('A.b'), [dotted])).toBeNull();
  });

  it('says nothing of accounts that do not ring, or are not known', () => {
    expect(autoAnswer(from('1'), [account({ ...rules, who: 'bot' })])).toBeNull();
    expect(autoAnswer(from('1'), [])).toBeNull();
  });
});

describe('soundOf', () => {
  const ring = [account({ who: 'ring' })];
  const rings = line('in', incoming);
  const talks = new Map([['a', party('person')]]);

  it('rings, softer while the person talks', () => {
    expect(soundOf(byCall(rings), NO_CALLS, NO_CALLS, ring)).toBe('ring');
    expect(soundOf(byCall(rings, line('a', connected)), talks, NO_CALLS, ring)).toBe('waiting');
    expect(soundOf(byCall(rings), talks, NO_CALLS, ring)).toBe('waiting');
  });

  it('rings again when the other call is on hold', () => {
    const held = line('a', { ...connected, heldByUs: true });
    expect(soundOf(byCall(rings, held), talks, NO_CALLS, ring)).toBe('ring');
  });

  it.each([
    ['ringing', 'ringback'],
    ['calling', null],
    ['early', null],
    ['connected', null],
    ['ended', null],
  ] as const)('of a call of the person that is %s: %s', (state, sound) => {
    expect(soundOf(byCall(line('mine', { state })), NO_CALLS, PLACED, [])).toBe(sound);
  });

  it('leaves calls of the bot alone', () => {
    expect(soundOf(byCall(line('other', { state: 'ringing' })), NO_CALLS, PLACED, [])).toBeNull();
    expect(soundOf(byCall(rings), NO_CALLS, NO_CALLS, [account({ who: 'bot' })])).toBeNull();
  });
});
