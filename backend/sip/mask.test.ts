import { describe, expect, test } from 'vitest';
import { seededRandom } from '../rtp/seeded-random.ts';
import { masked } from './mask.ts';

const REGISTER = [
  'REGISTER sip:example.com SIP/2.0',
  'Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK776asdhds;rport',
  'From: "response=1" <sip:alice@example.com>;tag=1928301774',
  'AUTHORIZATION : Digest username="alice", realm="example.com",',
  '\tnonce="dcd98b7102dd2f0e", uri="sip:example.com",',
  ' Response = "6629fae49393a05397450978507c4ef1" , cnonce=0a4f113b, nc=00000001, qop=auth',
  'Proxy-Authorization: Digest username="alice",response="aaaa\\"bbbb",algorithm=MD5',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

const INVITE = [
  'INVITE sip:bob:s3cr:et@example.com;password=pw SIP/2.0'.replace('s3cr:et', 's3cret'),
  'Contact: <sip:alice@10.0.0.2:5060;transport=udp>',
  'Content-Type: application/sdp',
  '',
  'v=0',
  'k=prompt',
  'm=audio 49170 RTP/SAVP 8',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 WSH=64',
  'a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ6g==',
  'a=ice-pwd:2/1muCWoOi3uLifh0NuRHlXt',
  '',
].join('\r\n');

test('secrets are blotted out, and what helps to understand stays', () => {
  const register = masked(REGISTER);
  for (const secret of ['6629fae4', '0a4f113b', 'aaaa', 'bbbb']) expect(register).not.toContain(secret);
  for (const kept of [
    'username="alice"',
    'nonce="dcd98b7102dd2f0e"',
    'nc=00000001',
    '"response=1" <sip:',
    'algorithm=MD5',
  ]) {
    expect(register).toContain(kept);
  }
  const invite = masked(INVITE);
  for (const secret of ['s3cret', '=pw', 'prompt', 'WVNf', '2^20', 'AQAF', '2/1mu'])
    expect(invite).not.toContain(secret);
  for (const kept of [
    'sip:bob:******@example.com',
    'AES_CM_128_HMAC_SHA1_80 inline:*',
    'WSH=64',
    'a=key-mgmt:mikey *',
    'sip:alice@10.0.0.2:5060;transport=udp',
  ]) {
    expect(invite).toContain(kept);
  }
});

test.each([
  ['Authorization: Basic YWxpY2U6c2VjcmV0', 'Authorization: Basic ****************'],
  ['authorization:Bearer abc.def', 'authorization:Bearer *******'],
  [
    'Authentication-Info: nextnonce="1", rspauth="abc", cnonce="de"',
    'Authentication-Info: nextnonce="1", rspauth="***", cnonce="**"',
  ],
  ['Authorization: username="a", response="b"', 'Authorization: username="a", response="*"'],
  ['Authorization: Digest response="unterminated', 'Authorization: Digest response="************'],
  ['Authorization: Digest response="in\r\n two", x=1', 'Authorization: Digest response="**\r\n ***", x=1'],
  ['Authorization:', 'Authorization:'],
  ['X-Authorization: Digest response="a"', 'X-Authorization: Digest response="a"'],
  ['Route: <sip:10.0.0.1:5060;lr>,<sip:x@y>', 'Route: <sip:10.0.0.1:5060;lr>,<sip:x@y>'],
  ['Contact: sip:10.0.0.1:5060, sip:x@y', 'Contact: sip:10.0.0.1:5060, sip:x@y'],
])('%j', (text, expected) => {
  expect(masked(text)).toBe(expected);
});

describe('of any text', () => {
  const random = seededRandom(7);
  const SCRAPS = [
    ...REGISTER.split(/(?<=[\s,=":;])/),
    ...INVITE.split(/(?<=[\s,=":;])/),
    '\r\n',
    '\n',
    ' ',
    '\u{1F511}',
    'sip:',
    '@',
    '"',
    '\\',
  ];
  const texts = Array.from({ length: 3000 }, () =>
    Array.from(
      { length: 1 + Math.floor(random() * 40) },
      () => SCRAPS[Math.floor(random() * SCRAPS.length)],
    ).join(''),
  );

  test('the length stays, and every character is the same or an asterisk', () => {
    for (const text of texts) {
      const shown = masked(text);
      expect(shown).toHaveLength(text.length);
      for (let at = 0; at < text.length; at += 1) {
        if (shown[at] !== text[at]) expect(shown[at]).toBe('*');
      }
    }
  });

  test('whatever surrounds it, a digest in a header of its own does not come through', () => {
    for (const text of texts) {
      const line = 'Authorization: Digest nonce="n", response="SECRETSECRET", opaque="o"';
      expect(masked(`${text}\r\n${line}\r\n${text}`)).not.toContain('SECRET');
    }
  });

  test('a hostile text costs no more than its length', () => {
    for (const scrap of [
      'sip:a',
      'sip:',
      'Authorization: Digest response=',
      'inline:',
      ';password=',
      '\r\n ',
      '"',
      '\\',
    ]) {
      const text = scrap.repeat(200_000 / scrap.length);
      expect(masked(text)).toHaveLength(text.length);
    }
  });
});
