import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Scope } from '../../base/scope.ts';
import { StreamLink } from './stream.ts';

let scope: Scope;
let near: Socket;
let link: StreamLink;
let arrived: string[];
const closed = vi.fn<(why: string) => void>();
let over: PromiseWithResolvers<string>;

beforeEach(async () => {
  // Only timers: sockets go on as they are.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  scope = new Scope();
  arrived = [];
  closed.mockReset();
  over = Promise.withResolvers();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  near = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
  near.on('error', () => undefined);
  const [far]: Socket[] = await once(server, 'connection');
  if (!far) throw new Error('no connection');
  const events = {
    onArrival: ({ bytes }: { bytes: Buffer }): void => void arrived.push(bytes.toString()),
    onClose: (_link: unknown, why: string): void => over.resolve(why),
  };
  link = new StreamLink(far, 'tcp', events, { accepted: true });
  scope.defer(async () => {
    await link.close();
    near.destroy();
    server.close();
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await scope.close();
});

const MESSAGE = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n';

/** Writes, and waits until the other side has read it: the link answers a ping. */
async function write(text: string): Promise<void> {
  near.write(`${text}\r\n\r\n`);
  await once(near, 'data');
}

test('who connects and says nothing complete is put out after 10 s', async () => {
  near.write('OPTIONS sip:a SIP/2.0\r\nX: ');
  vi.advanceTimersByTime(10_000);
  expect(await over.promise).toContain('a message was not complete after 10 s');
  expect(link.closed).toBe(true);
  await expect(link.send('x')).rejects.toThrow('is closed');
});

test('who says something complete may be silent afterwards', async () => {
  await write(MESSAGE);
  expect(arrived).toEqual([MESSAGE]);
  vi.advanceTimersByTime(20_000);
  expect(link.closed).toBe(false);
});

test('what can never become a message ends the connection', async () => {
  near.write('OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n');
  expect(await over.promise).toContain("Content-Length '-1'");
});

test('whoever answered one keep-alive has to answer the next', async () => {
  await write(MESSAGE);
  vi.advanceTimersByTime(30_000);
  await once(near, 'data');
  await write('\r\nOPTIONS sip:b SIP/2.0\r\n\r\n'.replace('\r\n', '\r\n'));
  vi.advanceTimersByTime(30_000);
  await once(near, 'data');
  vi.advanceTimersByTime(10_000);
  expect(await over.promise).toContain('it answers no keep-alive');
});

test('whoever never answers one need not', async () => {
  await write(MESSAGE);
  vi.advanceTimersByTime(120_000);
  expect(link.closed).toBe(false);
});
