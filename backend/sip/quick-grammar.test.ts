import { Grammar } from 'sip.js';
import { describe, expect, it } from 'vitest';
import { quickParse } from './quick-grammar.ts';

const random = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

/** As JSON, with what the library says in two ways said in one. */
function shape(parsed: unknown): unknown {
  return JSON.parse(
    JSON.stringify(parsed, (key, value: unknown) => {
      // What it leaves lying about, which nobody reads.
      if (key === 'host_type' || key === 'multi_header' || key === 'password') return undefined;
      if (key === '_displayName' && value === undefined) return '';
      return value;
    }),
    (key, value: unknown) => (key === '_displayName' && value === '' ? undefined : value),
  );
}

const SEEDS: readonly (readonly [rule: string, texts: readonly string[]])[] = [
  [
    'Request_Response',
    [
      'INVITE sip:bob@example.com SIP/2.0',
      'INVITE sip:+4930123@10.0.0.1:5060;user=phone SIP/2.0',
      'ACK sips:anna@pbx-1.example.com:5061;transport=tls;lr SIP/2.0',
      'REGISTER sip:example.com SIP/2.0',
      'UPDATE sip:a@127.0.0.1:40000;ob;transport=UDP SIP/2.0',
      'SIP/2.0 200 OK',
      'SIP/2.0 180 Ringing',
      'SIP/2.0 481 Call/Transaction Does Not Exist',
      'SIP/2.0 407 Proxy Authentication Required',
      'OPTIONS tel:+49301234 SIP/2.0',
      'INVITE sip:b%20ob@[2001:db8::1]:5060 SIP/2.0',
    ],
  ],
  [
    'Via',
    [
      'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKabc.1;received=127.0.0.1;rport=5060',
      'SIP/2.0/TCP pbx.example.com:5060;branch=z9hG4bK-524287-1---d8754z',
      'SIP/2.0/TLS 10.0.0.1:5061;rport;branch=z9hG4bK1',
      'SIP/2.0/UDP a.b:5060;branch=z9hG4bK1;alias, SIP/2.0/UDP c.d',
      'SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks',
    ],
  ],
  [
    'From',
    [
      '"Anna" <sip:anna@example.com>;tag=abc123',
      '<sip:10.0.0.1>;tag=1',
      'Anna <sip:anna@example.com:5070;transport=tcp>;tag=as58f4',
      'sip:anna@example.com;tag=x',
      '"A \\"quoted\\" name" <sip:a@b>',
      '"Анна" <sip:anna@example.com>;tag=1',
      '"" <sip:a@b.c>;TAG=Q;x;y=z',
    ],
  ],
  ['To', ['<sip:bob@example.com>', '"Bob B." <sip:bob@example.com;user=phone>;tag=1928301774']],
  [
    'Contact',
    [
      '<sip:anna@10.0.0.1:40123;transport=udp>',
      '<sip:anna@10.0.0.1>;expires=600;q=0.5',
      '<sip:anna@10.0.0.1>;+sip.instance="<urn:uuid:1>";reg-id=1',
      '*',
      '<sip:a@b>, <sip:c@d>',
    ],
  ],
  [
    'Record_Route',
    ['<sip:10.0.0.1;lr>', '<sip:p.example.com:5060;transport=tcp;lr;ftag=a.b>', '<sip:a;lr>,<sip:b;lr>'],
  ],
  ['CSeq', ['1 INVITE', '4294967295 BYE', '2  ACK', '0 NOTIFY']],
  ['Content_Length', ['0', '231', ' 1', 'x']],
  ['Max_Forwards', ['70', '0']],
  ['Call_ID', ['a84b4c76e66710@pc33.example.com', '9f7c1-xyz', 'a b', 'x@[::1]']],
  ['Content_Type', ['application/sdp', 'application/dtmf-relay', 'application/sdp;charset=utf-8']],
  [
    'SIP_URI',
    ['sip:bob@example.com', 'sips:b@c:1;lr', 'SIP:Bob@Example.COM;Transport=TCP', 'sip:a@b?x=y', 'sip:a:b@c'],
  ],
];

describe('quickParse', () => {
  it('reads the forms of ordinary messages itself', () => {
    for (const [, texts] of SEEDS) expect(texts.length).toBeGreaterThan(0);
    for (const [rule, texts] of SEEDS) {
      expect(quickParse(texts[0] ?? '', rule), `${rule}: ${texts[0]}`).toBeDefined();
    }
  });

  it('reads what it reads as the whole parser does', () => {
    let taken = 0;
    const next = random(7);
    const alphabet = ' \t\r\n";:@<>=,.%[]\\\'()*+-_~!?/0123456789abzABZ\u0000\u00e9\u044f';
    for (const [rule, texts] of SEEDS) {
      for (const seed of texts) {
        for (let round = 0; round < 300; round += 1) {
          let text = seed;
          const changes = round === 0 ? 0 : 1 + Math.floor(next() * 3);
          for (let change = 0; change < changes; change += 1) {
            const at = Math.floor(next() * (text.length + 1));
            const put = next() < 0.3 ? '' : (alphabet[Math.floor(next() * alphabet.length)] ?? '');
            text = text.slice(0, at) + put + text.slice(at + (next() < 0.5 ? 1 : 0));
          }
          const quick = quickParse(text, rule);
          if (quick === undefined) continue;
          taken += 1;
          expect(shape(quick), `${rule}: ${JSON.stringify(text)}`).toEqual(shape(Grammar.parse(text, rule)));
        }
      }
    }
    expect(taken).toBeGreaterThan(2000);
  });
});
