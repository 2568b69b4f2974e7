import { describe, expect, it } from 'vitest';
import { IncomingRequestMessage } from 'sip.js/lib/core/index.js';
import { carriedBy } from './bodies.ts';
import { infoKeyBody, keysOf, parseInfoKey } from './info-keys.ts';
import { callIdOf } from './ladder.ts';
import { parseReplaces, writeReplaces } from './replaces.ts';
import { parseUri } from './sip-js.ts';
import { domainOf, targetUri } from './target.ts';
import { parseSipFragment, referTo } from './transfer.ts';

describe('targets', () => {
  it.each([
    ['sip:bob@10.0.0.1:5070;transport=tcp', 'sip:bob@10.0.0.1:5070;transport=tcp'],
    ['bob@example.com', 'sip:bob@example.com'],
    ['bob', 'sip:bob@home.example'],
    ['+49 (30) 123-45', 'sip:+493012345@home.example'],
    ['*21#', 'sip:*21%23@home.example'],
    ['tel:+49-30-123.45', 'sip:+493012345@home.example;user=phone'],
    ['tel:7042;phone-context=example.com', 'sip:7042@home.example;user=phone'],
    ['10.0.0.1', 'sip:10.0.0.1'],
    ['[::1]:5070', 'sip:[::1]:5070'],
    ['localhost:5070', 'sip:localhost:5070'],
  ])('%s is %s', (target, uri) => {
    expect(targetUri(target, 'home.example').toString()).toBe(uri);
  });

  it('smuggle no headers in', () => {
    expect(targetUri('sip:bob@example.com?Subject=x&Replaces=a', null).toString()).toBe(
      'sip:bob@example.com',
    );
  });

  it.each(['', '   ', 'sip:', 'sip:@', 'bob@', 'a b@c', 'tel:abcxyz', 'sip:bob@exa mple', '\r\nVia: x'])(
    'that are nothing are refused: %j',
    (target) => {
      expect(() => targetUri(target, 'home.example')).toThrow();
    },
  );

  it('name a domain, or leave it to the account', () => {
    expect(domainOf('sip:bob@Example.com')).toBe('example.com');
    expect(domainOf('bob@example.com:5070')).toBe('example.com');
    expect(domainOf('tel:+49')).toBeNull();
    expect(domainOf('4711')).toBeNull();
  });
});

describe('keys by INFO', () => {
  it('are read in both kinds', () => {
    expect(parseInfoKey('application/dtmf-relay', infoKeyBody('5'))).toEqual({ digit: '5', durationMs: 160 });
    expect(parseInfoKey('application/dtmf-relay; x=y', 'Signal = 11\nDuration = 90')).toEqual({
      digit: '#',
      durationMs: 90,
    });
    expect(parseInfoKey('application/dtmf', ' a ')).toEqual({ digit: 'A', durationMs: 160 });
    expect(parseInfoKey('application/dtmf', '55')).toBeNull();
    expect(parseInfoKey('text/plain', '5')).toBeNull();
  });

  it('are written as a person writes them', () => {
    expect(keysOf('12-3 #')).toEqual(['1', '2', '3', '#']);
    expect(keysOf('12x')).toBeNull();
    expect(keysOf('')).toBeNull();
  });
});

describe('Replaces', () => {
  it('reads what it writes', () => {
    const replaces = { callId: 'a@b', toTag: 'x', fromTag: 'y', earlyOnly: true };
    expect(parseReplaces(writeReplaces(replaces))).toEqual(replaces);
    expect(parseReplaces('a;to-tag=x')).toBeNull();
    expect(parseReplaces('')).toBeNull();
  });

  it('is escaped into Refer-To', () => {
    const uri = parseUri('sip:bob@10.0.0.1:5070;ob');
    expect(uri && referTo(uri, 'a@b;to-tag=x;from-tag=y')).toBe(
      '<sip:bob@10.0.0.1:5070;ob?Replaces=a%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy>',
    );
  });
});

describe('fragments of messages', () => {
  it('are read by their status line alone', () => {
    expect(parseSipFragment('SIP/2.0 200 OK\r\nTo: x\r\n')).toEqual({ code: 200, phrase: 'OK' });
    expect(parseSipFragment('SIP/2.0 100\r\n')).toEqual({ code: 100, phrase: '' });
    expect(parseSipFragment('HTTP/1.1 200 OK')).toBeNull();
    expect(parseSipFragment('')).toBeNull();
  });

  it('have a Call-ID in either form', () => {
    expect(callIdOf('INVITE x\r\nCall-ID: abc@d \r\n\r\n')).toBe('abc@d');
    expect(callIdOf('INVITE x\r\ni:abc\r\n')).toBe('abc');
    expect(callIdOf('garbage')).toBe('');
  });
});

describe('bodies', () => {
  const message = (type: string | null, body: string): IncomingRequestMessage => {
    const made = new IncomingRequestMessage();
    if (type !== null) made.addHeader('content-type', type);
    made.body = body;
    return made;
  };

  it('are SDP, nothing, or something else', () => {
    expect(carriedBy(message('Application/SDP;charset=utf-8', 'v=0'))).toEqual({ kind: 'sdp', sdp: 'v=0' });
    expect(carriedBy(message(null, 'v=0'))).toEqual({ kind: 'sdp', sdp: 'v=0' });
    expect(carriedBy(message('application/sdp', '\r\n'))).toEqual({ kind: 'nothing' });
    expect(carriedBy(message('text/plain', 'hi'))).toEqual({ kind: 'other', type: 'text/plain' });
  });

  it('hide SDP in a multipart', () => {
    const body =
      '--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--';
    expect(carriedBy(message('multipart/mixed;boundary="x"', body))).toEqual({ kind: 'sdp', sdp: 'v=0\r\n' });
    expect(carriedBy(message('multipart/mixed', body)).kind).toBe('other');
  });
});
