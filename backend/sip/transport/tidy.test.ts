import { Grammar } from 'sip.js';
import { describe, expect, test } from 'vitest';
import { SipMessage } from './message.ts';
import { tidyAddress, untidy } from './tidy.ts';

const tidy = (text: string): string | null => tidyAddress(text, 'example.com');

describe('an address that sip.js drops a message for', () => {
  test.each([
    ['<sip:a@my_host:5060>;tag=1', '<sip:a@myzu5fzhost:5060>;tag=1'],
    ['<tel:+49-30-123>;tag=1', '<sip:+4930123@example.com;user=phone>;tag=1'],
    ['Жора <sip:a@h.com>;tag=1', '"Жора" <sip:a@h.com>;tag=1'],
    ['<sip:*43#@h.com>;tag=1', '<sip:*43%23@h.com>;tag=1'],
    ['<sip:a b@h.com>', '<sip:a%20b@h.com>'],
    ['<sip:a@h.com.>', '<sip:a@h.com>'],
    ['sip:a@h.com;tag=1', '<sip:a@h.com>;tag=1'],
    ['"a, <b>" < sip:a@h.com > ; tag=1', '"a, <b>" <sip:a@h.com>;tag=1'],
  ])('%s', (written, wanted) => {
    expect(tidy(written)).toBe(wanted);
    expect(Grammar.nameAddrHeaderParse(wanted)).toBeDefined();
  });

  test.each([
    '',
    'hello',
    '<>',
    '<sip:>',
    '<urn:service:sos>',
    '<sip:a@h.com',
    '<sip:a@h.com> rubbish',
    '*',
    '"x',
  ])('that is none: %s', (written) => {
    expect(tidy(written)).toBeNull();
  });
});

test.each([
  '<sip:a@h.com>',
  '"Bob" <sip:bob@h.example.com:5060>;tag=abc',
  '<sip:a@[2001:db8::1]:5060>;tag=1',
  '<sip:192.0.2.1;lr>',
])('%s stays as it is', (written) => {
  expect(tidy(written)).toBe(written);
});

test('what we send names hosts as they named themselves', () => {
  const message = new SipMessage(
    'BYE sip:a@myzu5fzhost:5060 SIP/2.0',
    [
      ['Route', '<sip:pzu5fz1;lr>'],
      ['X-Other', 'zu5fz'],
    ],
    '',
  );
  untidy(message);
  expect(message.toString()).toBe(
    'BYE sip:a@my_host:5060 SIP/2.0\r\nRoute: <sip:p_1;lr>\r\nX-Other: zu5fz\r\n\r\n',
  );
});

test('a header of 64 KB is read, or not, in no time', () => {
  const long = ' '.repeat(64_000);
  for (const text of [
    `${long}x`,
    `<sip:a@h${long}x`,
    `"${long}`,
    `a${long}<sip:${long}`,
    ';'.repeat(64_000),
  ]) {
    expect(tidy(text)).toBeNull();
  }
});
