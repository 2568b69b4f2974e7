import { describe, expect, it } from 'vitest';
import { accountSettings } from '../../backend/contract/sip.ts';
import { NEW_ACCOUNT, NEW_RULE, draftOf, nameFor, saveRequest, timeLeft } from './account.ts';

const SAVED = accountSettings.parse({
  aor: 'sips:alice@example.com',
  codecs: ['PCMU'],
  allow: ['10.0.0.0/8'],
  ptime_ms: 30,
  bot: '../bot',
  who: 'ring',
  auto_answer: [{ from: '+7*', after_s: 2.5 }, { who: 'person' }],
});

describe('what is saved', () => {
  it('is the same when nothing was changed, also what the form does not show', () => {
    const draft = draftOf('alice', SAVED);
    expect(saveRequest(draft, SAVED, 'alice', ['alice', 'bob'])).toEqual({
      request: { was: 'alice', name: 'alice', settings: SAVED },
    });
  });

  it('takes an address without its scheme, and nothing for an empty field', () => {
    const draft = {
      ...draftOf('', NEW_ACCOUNT),
      name: 'bob',
      aor: ' bob@pbx ',
      proxy: ' ',
      registrar: '10.0.0.1',
    };
    expect(saveRequest(draft, NEW_ACCOUNT, null, [])).toEqual({
      request: {
        was: null,
        name: 'bob',
        settings: { ...NEW_ACCOUNT, aor: 'sip:bob@pbx', registrar: '10.0.0.1' },
      },
    });
  });

  it('keeps, replaces or forgets the password', () => {
    const draft = draftOf('alice', SAVED);
    const asked = (change: Partial<typeof draft>) => saveRequest({ ...draft, ...change }, SAVED, 'alice', []);
    expect(asked({})).not.toHaveProperty('request.password');
    expect(asked({ password: ' s ' })).toHaveProperty('request.password', ' s ');
    expect(asked({ password: 'x', forgetPassword: true })).toHaveProperty('request.password', null);
  });

  it('has the rules of what answers by itself, in their order', () => {
    const draft = draftOf('alice', SAVED);
    expect(draft.rules).toEqual([
      { from: '+7*', afterS: '2.5', who: 'bot' },
      { from: '', afterS: '0', who: 'person' },
    ]);
    const rules = [{ from: ' 100 ', afterS: '1,5', who: 'person' } as const, NEW_RULE];
    expect(saveRequest({ ...draft, rules }, SAVED, 'alice', [])).toHaveProperty(
      'request.settings.auto_answer',
      [
        { from: '100', after_s: 1.5, who: 'person' },
        { from: null, after_s: 0, who: 'bot' },
      ],
    );
  });

  it('leaves the rules of an account that does not ring, for they are not shown', () => {
    const draft = { ...draftOf('alice', SAVED), who: 'bot', rules: [{ ...NEW_RULE, afterS: 'x' }] } as const;
    const { auto_answer } = SAVED;
    expect(saveRequest(draft, SAVED, 'alice', [])).toMatchObject({
      request: { settings: { who: 'bot', auto_answer } },
    });
  });

  it.each([
    [{ name: 'Alice' }, 'name'],
    [{ name: 'bob' }, 'taken'],
    [{ aor: 'alice' }, 'aor'],
    [{ allow: 'office' }, 'allow'],
    [{ rules: [{ ...NEW_RULE, afterS: 'soon' }] }, 'rules'],
    [{ rules: [{ ...NEW_RULE, afterS: '121' }] }, 'rules'],
    [{ displayName: 'x'.repeat(121) }, 'other'],
  ])('is refused: %j', (change, error) => {
    const draft = { ...draftOf('alice', SAVED), ...change };
    expect(saveRequest(draft, SAVED, 'alice', ['alice', 'bob'])).toEqual({ error });
  });
});

it.each([
  ['Alice.Smith@x', [], 'alice-smith'],
  ['sip:1001', ['1001', '1001-2'], '1001-3'],
  ['__', [], 'account'],
  ['Иван', [], 'account'],
])('names the account of %j', (user, taken, name) => expect(nameFor(user, taken)).toBe(name));

describe('time left', () => {
  const t = {
    secondsLeft: (seconds: number) => `${seconds} s`,
    minutesLeft: (minutes: number) => `${minutes} min`,
    retryIn: (seconds: number) => `again ${seconds} s`,
    retryInMinutes: (minutes: number) => `again ${minutes} min`,
  };

  it.each([
    [{ state: 'registered', registeredUntil: 3_241_000, retryAt: null }, '54 min'],
    [{ state: 'registered', registeredUntil: 61_400, retryAt: null }, '60 s'],
    [{ state: 'registered', registeredUntil: 0, retryAt: null }, '0 s'],
    [{ state: 'failed', registeredUntil: null, retryAt: 31_000 }, 'again 30 s'],
    [{ state: 'failed', registeredUntil: 31_000, retryAt: 601_000 }, 'again 10 min'],
    [{ state: 'ready', registeredUntil: null, retryAt: null }, null],
  ] as const)('of %j', (view, left) => expect(timeLeft(view, 1000, t)).toBe(left));
});
