import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Scope } from '../base/scope.ts';
import { UdpRelay } from './udp-relay.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

async function socket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  scope.defer(() => void socket.close());
  return socket;
}

test('clients are told apart and each gets its own answer', async () => {
  const server = await socket();
  server.on('message', (bytes, from) =>
    server.send(`${bytes.toString()} from ${from.port}`, from.port, from.address),
  );
  const relay = await UdpRelay.open(
    { to: { host: '127.0.0.1', port: server.address().port }, seed: 1 },
    scope,
  );
  const answers = await Promise.all(
    ['one', 'two'].map(async (text) => {
      const client = await socket();
      client.send(text, relay.port, '127.0.0.1');
      const [bytes, from]: unknown[] = await once(client, 'message');
      expect(from).toMatchObject({ port: relay.port });
      return String(bytes).split(' from ');
    }),
  );
  expect(answers.map(([text]) => text)).toEqual(['one', 'two']);
  expect(answers[0]?.[1]).not.toBe(answers[1]?.[1]);
  expect([relay.up.passed, relay.down.passed]).toEqual([2, 2]);
});

test('what is lost one way never arrives', async () => {
  const server = await socket();
  const heard: string[] = [];
  const all = Promise.withResolvers<void>();
  server.on('message', (bytes) => {
    heard.push(bytes.toString());
    if (bytes.toString() === 'last') all.resolve();
  });
  const to = { host: '127.0.0.1', port: server.address().port };
  const relay = await UdpRelay.open({ to, seed: 11, up: { loss: 0.5 } }, scope);
  const client = await socket();
  for (let count = 0; count < 40; count += 1) client.send(`${count}`, relay.port, '127.0.0.1');
  // Loss is decided by number: `last` is repeated until one of its copies passes.
  scope.every(5, () => client.send('last', relay.port, '127.0.0.1'));
  await all.promise;
  const numbers = heard.filter((text) => text !== 'last');
  expect(numbers.length).toBeGreaterThan(5);
  expect(numbers.length).toBeLessThan(35);
  expect(relay.up.passed).toBeGreaterThanOrEqual(heard.length);
});
