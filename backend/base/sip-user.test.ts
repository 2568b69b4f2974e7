import { describe, expect, it } from 'vitest';
import { userFits, userOf } from './sip-user.ts';

describe('userOf', () => {
  it.each([
    ['sip:bob@example.com', 'bob'],
    ['sips:+4930;phone-context=x@example.com;user=phone', '+4930'],
    ['sip:bob:secret@example.com', 'bob'],
    ['sip:a%20b@example.com', 'a b'],
    ['sip:%zz@example.com', '%zz'],
    ['tel:+4930;ext=1', '+4930'],
    ['sip:example.com', ''],
  ])('%s', (uri, user) => expect(userOf(uri)).toBe(user));
});

describe('userFits', () => {
  it.each([
    ['anna', 'anna', true],
    ['Anna', 'anna', false],
    ['+4930123', '+4930*', true],
    ['+4930123', '*123', true],
    ['+4930123', '+49*1*3', true],
    ['+4930', '+4930*0', false],
    ['a.b', 'a*b', true],
    ['axb', 'a.b', false],
    ['', '*', true],
  ])('%s by %s: %s', (user, pattern, fits) => expect(userFits(user, pattern)).toBe(fits));
});
