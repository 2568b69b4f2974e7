import { once } from 'node:events';
import { createServer as createHttps } from 'node:https';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AccountSettings } from '../contract/sip.ts';
import { EngineRig, account } from './fixtures/engine-rig.ts';
import { RawDialog } from './fixtures/raw-call.ts';
import { RawPeer, sdp } from './fixtures/raw-peer.ts';
import { TestAuthority, type Pem } from './transport/fixtures/certificates.ts';

/**
 * 24,000 broken messages from the account's own proxy, which may say anything at any rate: nothing is thrown where
 * nobody catches it, nothing stays in a table, and what is asked rightly afterwards is answered.
 */
const rejections: unknown[] = [];
const note = (error: unknown): void => void rejections.push(error);
let rig: EngineRig;

beforeEach(() => {
  rejections.length = 0;
  process.on('unhandledRejection', note);
  rig = new EngineRig();
});
afterEach(async () => {
  await rig.close();
  process.off('unhandledRejection', note);
});

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const METHODS = ['INVITE', 'OPTIONS', 'BYE', 'CANCEL', 'ACK', 'REFER', 'NOTIFY', 'UPDATE', 'PRACK', 'INFO'];
const ODD = [
  '',
  '\0',
  '"',
  '<',
  '>',
  ';',
  ',',
  '\r\n',
  ' ',
  '%',
  '\u044F',
  '(',
  ':',
  '@',
  '4294967296',
  '-1',
];

/** A message that is right; its branch and Call-ID are its own. */
function whole(index: number, next: () => number, transport: string): string {
  const method = METHODS[Math.floor(next() * METHODS.length)] ?? 'INVITE';
  const body = method === 'INVITE' || method === 'UPDATE' ? sdp(5000) : '';
  const answer = next() < 0.1;
  const tagged = next() < 0.3;
  return [
    answer ? 'SIP/2.0 200 OK' : `${method} sip:alice@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${transport} 127.0.0.1:5060;branch=z9hG4bKm${index};rport`,
    'Max-Forwards: 70',
    'From: "Bob" <sip:bob@example.com>;tag=bob',
    `To: <sip:alice@127.0.0.1>${tagged ? ';tag=x' : ''}`,
    `Call-ID: mutant-${index}@example.com`,
    `CSeq: ${1 + Math.floor(next() * 9)} ${method}`,
    'Contact: <sip:bob@127.0.0.1:5060>',
    ...(method === 'REFER' ? ['Refer-To: <sip:carol@127.0.0.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>'] : []),
    ...(method === 'PRACK' ? ['RAck: 1 1 INVITE'] : []),
    'Supported: 100rel, timer, replaces',
    'Session-Expires: 1800;refresher=uac',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** One to four faults: characters put in, left out or doubled, lines lost, doubled, swapped or very long. */
function mutant(index: number, next: () => number, transport: string): string {
  let text = whole(index, next, transport);
  const faults = 1 + Math.floor(next() * 4);
  for (let fault = 0; fault < faults; fault += 1) {
    const at = Math.floor(next() * text.length);
    const lines = text.split('\r\n');
    const line = 1 + Math.floor(next() * (lines.length - 1));
    const kind = Math.floor(next() * 7);
    if (kind === 0) text = text.slice(0, at) + (ODD[Math.floor(next() * ODD.length)] ?? '') + text.slice(at);
    else if (kind === 1) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(next() * 12));
    else if (kind === 2)
      text = text.slice(0, at) + String.fromCodePoint(Math.floor(next() * 256)) + text.slice(at + 1);
    else if (kind === 3) text = lines.toSpliced(line, 1).join('\r\n');
    else if (kind === 4) text = lines.toSpliced(line, 0, lines[line] ?? '').join('\r\n');
    else if (kind === 5)
      text = lines.with(line, `${lines[line] ?? ''}${'x'.repeat(next() * 3000)}`).join('\r\n');
    else text = text.replace(/^Content-Length: .*$/m, `Content-Length: ${Math.floor(next() * 2000 - 200)}`);
  }
  return text;
}

async function started(
  settings: Partial<AccountSettings>,
  ca: string | null = null,
  own: Pem | null = null,
): Promise<number> {
  const pem = { certificate: own?.certificate ?? null, key: own?.key ?? null };
  const alice = account('alice', { aor: 'sip:alice@127.0.0.1', register: false, ...settings });
  await rig.ask('accounts', { accounts: [{ ...alice, tls: { ...alice.tls, ...pem, ca } }] });
  const view = await rig.until(({ said }) =>
    said.find((each) => each.type === 'account' && /ready|failed/.test(each.view.state)),
  );
  expect(view).toMatchObject({ view: { state: 'ready' } });
  return view.type === 'account' ? Number(view.view.contact?.split(':').at(-1)) : 0;
}

const PROBE = (index: number, transport: string): string =>
  [
    'OPTIONS sip:alice@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${transport} 127.0.0.1:5060;branch=z9hG4bKprobe${index};rport`,
    'From: <sip:p@example.com>;tag=p',
    'To: <sip:alice@127.0.0.1>',
    `Call-ID: probe-${index}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

/** What still rings is refused; then nothing is left of any call. */
async function nothingIsLeft(): Promise<void> {
  for (const { call, state } of rig.lines)
    if (state === 'incoming') await rig.ask('reject', { call, code: 486, reason: 'Busy Here' });
  await rig.until(({ lines }) => lines.every(({ state }) => state === 'ended'));
  expect(rejections).toEqual([]);
  expect(rig.engine.held.dialogs).toBe(0);
}

it('over UDP: 8,000 of them, beside a call that goes on', async () => {
  await using friend = await RawPeer.open();
  await using stranger = await RawPeer.open();
  const proxy = `127.0.0.1:${friend.port}`;
  const port = await started({ transport: 'udp', proxy });
  const parts = { from: '<sip:bob@example.com>;tag=bob', to: '<sip:alice@127.0.0.1>', callId: 'going-on' };
  friend.request('INVITE', 'sip:alice@127.0.0.1', { ...parts, cseq: 1, body: sdp(5000) }, port);
  const { call } = await rig.line({ state: 'incoming' });
  await rig.ask('answer', { call, media: { port: 41_000 } });
  RawDialog.calling(friend, await friend.next('200')).ack();
  await rig.line({ state: 'connected' });
  const next = random(4475);
  for (let index = 0; index < 8000; index += 1) {
    stranger.send(mutant(index, next, 'UDP'), port);
    if (index % 100 !== 99) continue;
    // The socket's own queue is short.
    stranger.send(PROBE(index, 'UDP'), port);
    for (;;) if ((await stranger.next('200')).header('Call-ID') === `probe-${index}`) break;
    stranger.forget();
  }
  expect(rig.lines[0]).toMatchObject({ call, state: 'connected' });
  friend.polite = true;
  await rig.ask('hang_up', { call, reason: 'over' });
  await friend.next('BYE');
  await nothingIsLeft();
}, 60_000);

it.each([
  ['tcp', 8000],
  ['tls', 2000],
] as const)(
  'over %s, %i of them, split and merged',
  async (transport, count) => {
    await using authority = await TestAuthority.create();
    const pem = await authority.sign('DNS:localhost,IP:127.0.0.1');
    await using proxy = await Listener.open(transport === 'tcp' ? createServer() : createTls(pemOf(pem)));
    const settings = { bind: '127.0.0.1:0', proxy: `localhost:${proxy.port}`, transport };
    const port = await started(settings, authority.ca.certificate, pem);
    const next = random(3261);
    const dial = (): Socket => {
      const socket =
        transport === 'tcp'
          ? connectTcp(port, '127.0.0.1')
          : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      // Whoever sends what cannot become a message is put out, perhaps while it is still writing.
      return socket.on('error', () => undefined);
    };
    const batch = 5;
    for (let first = 0; first < count; first += batch) {
      const socket = dial();
      const over = once(socket, 'close');
      socket.resume();
      let bytes = Buffer.from(
        Array.from({ length: batch }, (_, index) =>
          mutant(first + index, next, transport.toUpperCase()),
        ).join(''),
      );
      while (bytes.length > 0) {
        const cut = 1 + Math.floor(next() * 4000);
        socket.write(bytes.subarray(0, cut));
        bytes = bytes.subarray(cut);
      }
      socket.end();
      await over;
    }
    const socket = dial();
    socket.write(PROBE(0, transport.toUpperCase()));
    const [answer]: Buffer[] = await once(socket, 'data');
    expect(answer?.toString()).toMatch(/^SIP\/2\.0 200 /);
    socket.destroy();
    await nothingIsLeft();
  },
  60_000,
);

it('over WSS: 6,000 of them', async () => {
  await using authority = await TestAuthority.create();
  const https = createHttps(pemOf(await authority.sign('DNS:localhost')));
  await using server = await Listener.open(https);
  const sockets = new WebSocketServer({ server: https });
  const connected = once(sockets, 'connection');
  await started({ proxy: `wss://localhost:${server.port}` }, authority.ca.certificate);
  const [socket]: WebSocket[] = await connected;
  if (!socket) throw new Error('no connection');
  const probed = new Set<string>();
  let heard = Promise.withResolvers<void>();
  socket.on('message', (data: Buffer) => {
    const probe = /^SIP\/2\.0 200 [^]*^Call-ID: (probe-\d+)/im.exec(data.toString())?.[1];
    if (probe !== undefined) probed.add(probe);
    heard.resolve();
  });
  const next = random(7118);
  for (let index = 0; index < 6000; index += 1) {
    socket.send(mutant(index, next, 'WSS'));
    if (index % 500 !== 499) continue;
    socket.send(PROBE(index, 'WSS'));
    while (!probed.has(`probe-${index}`)) {
      heard = Promise.withResolvers();
      await heard.promise;
    }
  }
  await nothingIsLeft();
  socket.terminate();
}, 60_000);

function pemOf({ certificate, key }: Pem): { cert: string; key: string } {
  return { cert: certificate, key };
}

/** A server for the account to connect to, gone with its connections. */
class Listener implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#sockets.add(socket.on('error', () => undefined)));
  }

  static async open(server: Server): Promise<Listener> {
    const listener = new Listener(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return listener;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }
}
