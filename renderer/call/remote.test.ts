import { describe, expect, it } from 'vitest';
import { line } from '../state/fixtures/line.ts';
import { dialledNumber, remoteName, shortUri } from './remote.ts';

it.each([
  ['sip:+4930@pbx.example:5080;user=phone?x=1', '+4930@pbx.example:5080'],
  ['sips:bob@example.com', 'bob@example.com'],
  ['sip:[2001:db8::1]:5060', '[2001:db8::1]:5060'],
  ['tel:+4930;ext=1', '+4930'],
])('shortens %s', (uri, short) => expect(shortUri(uri)).toBe(short));

describe('remoteName', () => {
  const named = (uri: string, name: string | null) => remoteName({ remote: { uri, name } });

  it('is the name, else the number, else the address', () => {
    expect(named('sip:1@x', 'Bob')).toBe('Bob');
    expect(named('sip:+49301@pbx', ' ')).toBe('+49301');
    expect(named('sip:bob@example.com', null)).toBe('bob@example.com');
  });

  it('hides nothing and writes nothing backwards', () => {
    expect(named('sip:1@x', 'Bank\u202e\u200b 211 ')).toBe('Bank 211');
    expect(shortUri('sip:12%E2%80%AE3@x')).toBe('123@x');
  });
});

describe('dialledNumber', () => {
  const dialled = (uri: string) => line('1', { direction: 'in', dialled: uri });

  it('is told where it is not the account itself', () => {
    expect(dialledNumber(dialled('sip:+4930@host'), 'sip:alice@example.com')).toBe('+4930');
    expect(dialledNumber(dialled('sip:alice@10.0.0.1:5066'), 'sip:alice@example.com')).toBeNull();
    expect(dialledNumber(line('1'), 'sip:alice@example.com')).toBeNull();
  });
});
