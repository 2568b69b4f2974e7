import { describe, expect, test } from 'vitest';
import { SipMessage, parseVia, showVia, splitOutside } from './message.ts';
import { answerable, faultOf } from './sanity.ts';

const HEADERS = [
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa',
  'Max-Forwards: 70',
  'From: <sip:a@h.com>;tag=1',
  'To: <sip:b@h.com>',
  'Call-ID: x@h',
  'CSeq: 1 OPTIONS',
];

function read(lines: readonly string[], body = '', start = 'OPTIONS sip:b@h.com SIP/2.0'): SipMessage {
  const message = SipMessage.read(`${[start, ...lines].join('\r\n')}\r\n\r\n${body}`);
  if (!message) throw new Error('not read');
  return message;
}

const without = (name: string): string[] => HEADERS.filter((line) => !line.startsWith(name));

describe('a message', () => {
  test('compact and folded headers are read as the long ones', () => {
    const message = read([
      'v: SIP/2.0/UDP 192.0.2.1',
      'f: "A',
      ' B" <sip:a@h.com>',
      '\t;tag=9',
      'i:x',
      'l : 0',
    ]);
    expect(message.get('via')).toBe('SIP/2.0/UDP 192.0.2.1');
    expect(message.get('from')).toBe('"A B" <sip:a@h.com> ;tag=9');
    expect([message.fromTag, message.callId, message.get('content-length')]).toEqual(['9', 'x', '0']);
  });

  test('a tag of the URI is no tag', () => {
    expect(read(['To: <sip:b@h.com;tag=no>']).toTag).toBeNull();
  });

  test('a body is cut by bytes, not characters', () => {
    expect(read(['Content-Length: 4'], 'éé and more').body).toBe('éé');
  });

  test.each(['', 'hello', 'GET / HTTP/1.1\r\n\r\n', '\0\0\0\0', 'SIP'])('is not made of %j', (text) => {
    expect(SipMessage.read(text)).toBeNull();
  });

  test('headers are put in the place of those before', () => {
    const message = read(['X-A: 1', 'X-B: 2', 'X-A: 3']);
    message.set('X-A', 'x', 'y');
    expect(message.toString()).toBe('OPTIONS sip:b@h.com SIP/2.0\r\nX-A: x\r\nX-A: y\r\nX-B: 2\r\n\r\n');
  });
});

describe('Via', () => {
  test.each([
    ['SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport'],
    ['SIP / 2.0 / tcp  A_b.com : 5061 ; branch = z', 'SIP/2.0/TCP a_b.com:5061;branch=z'],
    ['SIP/2.0/TLS [2001:DB8::1]:5061;x="a;b"', 'SIP/2.0/TLS [2001:db8::1]:5061;x="a;b"'],
  ])('%s', (text, wanted) => {
    const via = parseVia(text);
    expect(via && showVia(via)).toBe(wanted);
  });

  test.each(['', 'SIP/2.0/UDP', 'SIP/3.0/UDP a', 'SIP/2.0/UDP a:99999', 'SIP/2.0/UDP a b', 'x'])(
    'not %j',
    (text) => {
      expect(parseVia(text)).toBeNull();
    },
  );
});

test('quotes and brackets hide separators', () => {
  expect(splitOutside('"a,\\",b" <sip:x,y>, c', ',')).toEqual(['"a,\\",b" <sip:x,y>', 'c']);
});

describe('what RFC 3261 asks of a message', () => {
  test('a good one has no fault', () => {
    expect(faultOf(read(HEADERS))).toBeNull();
    expect(faultOf(read(HEADERS, '', 'SIP/2.0 200 OK'))).toBeNull();
  });

  test.each(['From', 'To', 'Call-ID', 'CSeq'])('%s is missing', (name) => {
    const message = read(without(name));
    expect(faultOf(message)?.status).toBe(400);
    expect(answerable(message)).toBe(false);
  });

  test.each([
    ['CSeq', 'CSeq: x OPTIONS'],
    ['CSeq', 'CSeq: 4294967296 OPTIONS'],
    ['CSeq', 'CSeq: 1 INVITE'],
    ['Max-Forwards', 'Max-Forwards: 300'],
    ['Call-ID', 'Call-ID: a b'],
    ['none', 'Content-Length: -1'],
    ['none', 'Content-Length: 5'],
    ['none', 'From: <sip:c@h.com>'],
  ])('%s as "%s" is answered 400', (name, line) => {
    const message = read([...without(name), line]);
    expect(faultOf(message)?.status).toBe(400);
    expect(answerable(message)).toBe(true);
  });

  test('a body has to say what it is', () => {
    expect(faultOf(read(HEADERS, 'v=0'))?.reason).toBe('Missing Content-Type');
  });

  test('a line that is no header is answered 400', () => {
    const message = read([...HEADERS, 'no header', ': none']);
    expect(faultOf(message)?.reason).toBe('Malformed header');
    expect(answerable(message)).toBe(true);
  });

  test('another version is said to be another version', () => {
    expect(faultOf(read(HEADERS, '', 'OPTIONS sip:b SIP/7.0'))?.status).toBe(505);
    expect(faultOf(read(HEADERS, '', 'OPTIONS  SIP/2.0'))?.status).toBe(400);
  });

  test('an ACK is never answered', () => {
    expect(answerable(read(HEADERS, '', 'ACK sip:b SIP/2.0'))).toBe(false);
  });
});
