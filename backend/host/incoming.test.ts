import { describe, expect, it } from 'vitest';
import type { AccountSettings } from '../contract/sip.ts';
import { accountSettings } from '../contract/sip.ts';
import { decide } from './incoming.ts';

const from = (uri: string) => ({ remote: { uri, name: null } });
const bob = from('sip:bob@example.com');
const account = (settings: object): AccountSettings =>
  accountSettings.parse({ aor: 'sip:a@example.com', ...settings });
const free = { doNotDisturb: false, personTalks: false };
const quiet = { doNotDisturb: true, personTalks: false };
const talking = { doNotDisturb: false, personTalks: true };

describe('decide', () => {
  it('does as the account says', () => {
    expect(decide(bob, account({ who: 'bot' }), free)).toEqual({ type: 'bot' });
    expect(decide(bob, account({ who: 'ring' }), free)).toEqual({ type: 'ring', later: null });
    expect(decide(bob, account({ who: 'reject' }), free)).toMatchObject({ type: 'reject', code: 603 });
    expect(decide(bob, null, free)).toMatchObject({ type: 'reject', code: 480 });
  });

  it('does not disturb, and leaves the bot alone with it', () => {
    expect(decide(bob, account({ who: 'ring' }), quiet)).toMatchObject({ type: 'reject', code: 486 });
    expect(decide(bob, account({ who: 'bot' }), quiet)).toEqual({ type: 'bot' });
    const atOnce = account({ who: 'ring', auto_answer: [{ who: 'bot' }] });
    expect(decide(bob, atOnce, quiet)).toEqual({ type: 'bot' });
    const later = account({ who: 'ring', auto_answer: [{ who: 'bot', after_s: 20 }] });
    expect(decide(bob, later, quiet)).toMatchObject({ type: 'reject', code: 486 });
  });

  it('takes the first rule that fits the caller', () => {
    const rules = account({
      who: 'ring',
      auto_answer: [
        { from: 'bob', who: 'person' },
        { from: '+49*', who: 'bot', after_s: 15 },
        { from: '(*)', who: 'person' },
        { from: null, who: 'bot' },
      ],
    });
    expect(decide(bob, rules, free)).toEqual({ type: 'person' });
    const delayed = { type: 'ring', later: { who: 'bot', afterMs: 15_000 } };
    expect(decide(from('tel:+4930123'), rules, free)).toEqual(delayed);
    expect(decide(from('sip:%2B4930@pbx;user=phone'), rules, free)).toEqual(delayed);
    expect(decide(from('sip:bobby@example.com'), rules, free)).toEqual({ type: 'bot' });
    expect(decide(from('sip:x(1)@example.com'), rules, free)).toEqual({ type: 'bot' });
  });

  it.each([
    ['*', '', true],
    ['+49*', '+4930', true],
    ['+49*', '49', false],
    ['*00', '100', true],
    ['*00', '00', true],
    ['1*1', '1', false],
    ['1*2*3', '1x2y3', true],
    ['1*2*3', '13', false],
    ['bob', 'bob1', false],
  ])('%s fits %s: %s', (pattern, user, fits) => {
    const rules = account({ who: 'ring', auto_answer: [{ from: pattern }] });
    const verdict = decide(from(user === '' ? 'sip:x' : `sip:${user}@x`), rules, free);
    expect(verdict.type).toBe(fits ? 'bot' : 'ring');
  });

  it('rings a person who talks, whatever would answer in their name', () => {
    const rules = account({ who: 'ring', auto_answer: [{ who: 'person' }] });
    expect(decide(bob, rules, talking)).toEqual({ type: 'ring', later: null });
    const delayed = account({ who: 'ring', auto_answer: [{ who: 'person', after_s: 5 }] });
    expect(decide(bob, delayed, talking)).toEqual({ type: 'ring', later: null });
  });
});
