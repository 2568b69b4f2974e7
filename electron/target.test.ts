import { describe, expect, it } from 'vitest';
import { dialLink, parseTarget } from './target.ts';

describe('parseTarget', () => {
  it.each([
    ['rtp:10.0.0.1:4000', '10.0.0.1', 4000],
    ['RTP:pbx.example.com:4000', 'pbx.example.com', 4000],
    ['127.0.0.1:4000', '127.0.0.1', 4000],
    ['localhost:4000', 'localhost', 4000],
    ['[2001:db8::1]:4000', '2001:db8::1', 4000],
  ])('sends audio straight to %s', (text, host, port) => {
    expect(parseTarget(text)).toEqual({ kind: 'rtp', host, port });
  });

  it.each([
    'sip:bob@example.com',
    'sip:10.0.0.1:5060',
    'sips:bob@example.com:5061',
    'tel:+4930123456',
    'bob@example.com',
    'bob@10.0.0.1:5060',
    '100',
    '+49 30 123456',
    'bob',
  ])('leaves %s to SIP', (target) => {
    expect(parseTarget(target)).toEqual({ kind: 'sip', target });
  });

  it('says what rtp: needs', () => {
    expect(() => parseTarget('rtp:bob')).toThrow("target 'bob' is not HOST:PORT");
  });
});

describe('dialLink', () => {
  it.each([
    ['sip:bob@example.com', 'sip:bob@example.com'],
    ['SIP:bob@example.com', 'sip:bob@example.com'],
    ['sip://bob@example.com/', 'sip:bob@example.com'],
    ['sips:bob@[2001:db8::1]:5061;transport=tcp', 'sips:bob@[2001:db8::1]:5061;transport=tcp'],
    ['sip:+4930123@example.com;user=phone', 'sip:+4930123@example.com;user=phone'],
    ['sip:example.com', 'sip:example.com'],
    ['sip:bob@example.com?Replaces=a%40b&subject=hi', 'sip:bob@example.com'],
    ['sip:bob@example.com;method=REFER;lr', 'sip:bob@example.com;lr'],
    ['tel:+49-30-123456', 'tel:+49-30-123456'],
    ['tel:+49%2030%20123', 'tel:+4930123'],
    ['tel://112', 'tel:112'],
    ['tel:100;phone-context=example.com', 'tel:100;phone-context=example.com'],
    ['tel:*21#', 'tel:*21#'],
  ])('takes %s', (link, target) => {
    expect(dialLink(link)).toBe(target);
  });

  it.each([
    ['no link', 'a call.sidetone'],
    ['another scheme', 'https://example.com/'],
    ['nobody', 'sip:'],
    ['a new line', 'sip:bob@example.com\r\nVia: x'],
    ['a space', 'sip:bob smith@example.com'],
    ['quotes', 'sip:"bob"@example.com'],
    ['angle brackets', 'sip:<bob@example.com>'],
    ['a password', 'sip:bob:secret@example.com'],
    ['words for a number', 'tel:hello there'],
    ['a back tick', 'sip:`id`@example.com'],
    ['a control character', 'sip:bob\u0000@example.com'],
    ['what is too long', `sip:${'b'.repeat(300)}@example.com`],
  ])('refuses %s', (_what, link) => {
    expect(dialLink(link)).toBeNull();
  });
});
