import { describe, expect, test } from 'vitest';
import { Framer } from './framer.ts';

function message(body: string, extra = ''): string {
  return `OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\n${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** A generator of its own, so that the cuts are the same each time. */
function cuts(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 1 + (state % most);
  };
}

describe('a byte stream', () => {
  const messages = [
    message('v=0\r\n\r\no=Жора\r\n'),
    message(''),
    message('é'.repeat(3000)),
    message('x\r\n\r\ny'),
  ];
  const stream = Buffer.from(messages.map((text, index) => '\r\n'.repeat(index) + text).join(''));

  test.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'cut at random (seed %d) gives the same',
    (seed) => {
      const framer = new Framer();
      const next = cuts(seed);
      const got: string[] = [];
      for (let at = 0; at < stream.length;) {
        const size = next(seed % 2 === 0 ? 7 : 2000);
        got.push(...framer.push(stream.subarray(at, at + size)).messages.map(String));
        at += size;
      }
      expect(got).toEqual(messages);
      expect(framer.begun).toBe(false);
    },
  );

  test('at once gives all', () => {
    expect(new Framer().push(stream).messages.map(String)).toEqual(messages);
  });
});

test('keep-alives between messages', () => {
  const framer = new Framer();
  expect(framer.push(Buffer.from('\r\n\r\n'))).toEqual({ messages: [], pings: 1, pongs: 0 });
  expect(framer.push(Buffer.from('\r\n'))).toEqual({ messages: [], pings: 0, pongs: 1 });
  const { messages, pings } = framer.push(Buffer.from(`\r\n\r\n${message('a')}`));
  expect([messages.map(String), pings]).toEqual([[message('a')], 1]);
});

test('without Content-Length there is no body', () => {
  const text = 'OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\n\r\n';
  expect(new Framer().push(Buffer.from(text + text)).messages.map(String)).toEqual([text, text]);
});

test('the compact form counts', () => {
  const text = 'OPTIONS sip:a SIP/2.0\r\nl : 3\r\n\r\nabc';
  expect(new Framer().push(Buffer.from(`${text}${text}`)).messages.map(String)).toEqual([text, text]);
});

test.each(['-5', 'abc', '', '99999999999', '1e3', '2000000'])(
  'a Content-Length of "%s" ends it',
  (length) => {
    const text = `OPTIONS sip:a SIP/2.0\r\nContent-Length: ${length}\r\n\r\n`;
    expect(() => new Framer().push(Buffer.from(text))).toThrow(/Content-Length|1 MB/);
  },
);

test('two lengths that differ end it, two that agree do not', () => {
  const with2 = (second: number): Buffer =>
    Buffer.from(`OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\nl: ${second}\r\n\r\nx`);
  expect(() => new Framer().push(with2(2))).toThrow('Content-Length');
  expect(new Framer().push(with2(1)).messages).toHaveLength(1);
});

test('headers without end are cut off at 64 KB', () => {
  const framer = new Framer();
  expect(() => {
    for (let count = 0; count < 100; count += 1) framer.push(Buffer.alloc(1000, 'a'));
  }).toThrow('64 KB');
});
