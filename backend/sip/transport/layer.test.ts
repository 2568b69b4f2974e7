import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttps } from 'node:https';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import { createServer as createTls, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { Scope } from '../../base/scope.ts';
import { TestAuthority, type Pem } from './fixtures/certificates.ts';
import { LayerRig, answer } from './fixtures/layer-rig.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

function rigFor(...options: ConstructorParameters<typeof LayerRig>): LayerRig {
  const rig = new LayerRig(...options);
  scope.defer(() => rig[Symbol.asyncDispose]());
  return rig;
}

async function udp(host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  scope.defer(() => void socket.close());
  return socket;
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<TcpSocket>();
  server.on('connection', (socket: TcpSocket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Answers each request that comes complete in one piece. */
function answering(socket: TcpSocket): void {
  socket.on('data', (bytes) => {
    if (/^[A-Z]+ /.test(bytes.toString())) socket.write(answer(bytes.toString()));
  });
}

describe('over UDP', () => {
  test.each(['127.0.0.1', '::1'])(
    'a request to %s is sent again until it is answered, and the Via is ours alone',
    async (host) => {
      const server = await udp(host);
      const seen: string[] = [];
      server.on('message', (bytes, from) => {
        seen.push(bytes.toString());
        if (seen.length === 2) {
          const reply = answer(bytes.toString()).replace(';rport', `;rport=${from.port};received=${host}`);
          server.send(reply, from.port, from.address);
        }
      });
      const shown = host.includes(':') ? `[${host}]` : host;
      const rig = rigFor({ proxy: `${shown}:${server.address().port}` });
      await rig.layer.start();
      const answered = await rig.ask('OPTIONS', 'sip:bob@example.com');
      expect(seen[1]).toBe(seen[0]);
      expect(seen[0]).toMatch(
        new RegExp(
          `^Via: SIP/2\\.0/UDP ${shown.replaceAll(/[[\]]/g, '\\$&')}:\\d+;rport;branch=z9hG4bK`,
          'm',
        ),
      );
      expect(answered).toContain('Via: SIP/2.0/UDP sidetone.invalid;branch=z9hG4bK1;rport\r\n');
      expect(rig.reflexive).toEqual([{ host, port: rig.layer.local.port }]);
      expect(rig.wire.map(({ direction, repeated }) => [direction, repeated])).toEqual([
        ['out', false],
        ['out', true],
        ['in', false],
      ]);
    },
  );

  test('a request that comes in is given up once, as sip.js can read it, and answered each time it comes', async () => {
    const rig = rigFor({ aor: 'sip:alice@127.0.0.1', register: false, bind: '127.0.0.1:0' });
    await rig.layer.start();
    const peer = await udp();
    const heard: string[] = [];
    const three = Promise.withResolvers<void>();
    peer.on('message', (bytes) => {
      heard.push(bytes.toString());
      if (heard.length === 3) three.resolve();
    });
    const invite = [
      'INVITE tel:+4930123456 SIP/2.0',
      `v: SIP/2.0/UDP my_docker:9;branch=z9hG4bKx;rport, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKy`,
      'f: Жора <sip:g@my_docker>;tag=1',
      't: <tel:+4930123456>',
      'i: did',
      'CSeq: 1 INVITE',
      'm: <sip:g@my_docker>',
      'c: Application/SDP;charset=utf-8',
      '',
      'v=0',
    ].join('\r\n');
    const send = (): void => peer.send(invite, rig.layer.local.port, '127.0.0.1');
    send();
    const up = await rig.until(() => rig.up[0]);
    expect(up).toMatch(/^INVITE sip:alice@127\.0\.0\.1 SIP\/2\.0\r\n/);
    expect(up).toContain('Content-Type: application/sdp\r\n');
    expect(rig.layer.originalUri('did')).toBe('tel:+4930123456');
    await rig.layer.send(answer(up, '180 Ringing'));
    send();
    await rig.layer.send(answer(up, '486 Busy Here'));
    await three.promise;
    expect(rig.up).toHaveLength(1);
    expect(heard.map((text) => text.slice(8, 11))).toEqual(['180', '486', '486']);
    expect(heard[1]).toContain(
      `Via: SIP/2.0/UDP my_docker:9;branch=z9hG4bKx;rport=${peer.address().port};received=127.0.0.1\r\nVia: SIP/2.0/UDP 10.0.0.9`,
    );
    expect(heard[1]).toContain('From: Жора <sip:g@my_docker>;tag=1\r\nTo: <tel:+4930123456>;tag=s\r\n');
  });

  test('a port that is taken is said to be taken', async () => {
    const other = await udp();
    const rig = rigFor({ register: false, bind: `127.0.0.1:${other.address().port}` });
    await expect(rig.layer.start()).rejects.toThrow('is taken by another program');
  });

  test('rubbish, strangers and scanners do not get through', async () => {
    const rig = rigFor({ aor: 'sip:alice@127.0.0.9', register: false, bind: '127.0.0.1:0', allow: [] });
    await rig.layer.start();
    const peer = await udp();
    const answers: string[] = [];
    const refused = Promise.withResolvers<void>();
    peer.on('message', (bytes) => {
      answers.push(bytes.toString().slice(0, 11));
      if (answers.length === 2) refused.resolve();
    });
    const options = (agent: string, cseq = '1 OPTIONS'): string =>
      `OPTIONS sip:alice@h SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK${agent}\r\nFrom: <sip:a@h>;tag=1\r\n` +
      `To: <sip:b@h>\r\nCall-ID: ${agent}\r\nCSeq: ${cseq}\r\nUser-Agent: ${agent}\r\n\r\n`;
    for (const text of [
      '\0\0\0',
      '\r\n\r\n',
      'INVITE',
      options('friendly-scanner'),
      options('phone', '1 BYE'),
      options('good'),
    ]) {
      peer.send(text, rig.layer.local.port, '127.0.0.1');
    }
    await refused.promise;
    expect(answers).toEqual(['SIP/2.0 400', 'SIP/2.0 403']);
    expect(rig.up).toEqual([]);
    expect(rig.notices.map((notice) => notice.split(':')[0])).toEqual([
      'sip_garbage',
      'sip_not_admitted',
      'sip_malformed',
    ]);
  });

  test('a throw of the user agent is answered 500 and told', async () => {
    const rig = rigFor({ aor: 'sip:alice@127.0.0.1', register: false, bind: '127.0.0.1:0' });
    rig.layer.onMessage = () => {
      throw new Error('sip.js fell over');
    };
    await rig.layer.start();
    const peer = await udp();
    const request = `OPTIONS sip:alice@h SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n\r\n`;
    peer.send(request, rig.layer.local.port, '127.0.0.1');
    const [bytes]: unknown[] = await once(peer, 'message');
    expect(String(bytes)).toMatch(/^SIP\/2\.0 500/);
    expect(rig.notices[0]).toContain('sip.js fell over');
  });
});

describe('over TCP', () => {
  test('answers come over the same connection; one that drops is opened again', async () => {
    const connections: TcpSocket[] = [];
    const port = await listening(
      createServer((socket) => {
        connections.push(socket);
        answering(socket);
      }),
    );
    const rig = rigFor({ proxy: `127.0.0.1:${port}`, transport: 'tcp' });
    await rig.layer.start();
    expect(rig.layer.local.transport).toBe('tcp');
    expect(await rig.ask('OPTIONS', 'sip:bob@example.com')).toMatch(/^SIP\/2\.0 200/);
    connections[0]?.destroy();
    await rig.until(() => rig.states.length >= 3);
    expect(rig.states).toEqual([
      'connected',
      `disconnected: 127.0.0.1:${port}: it closed the connection`,
      'connected',
    ]);
    expect(await rig.ask('OPTIONS', 'sip:bob@example.com')).toMatch(/^SIP\/2\.0 200/);
    expect(connections).toHaveLength(2);
  });

  test('nobody there: the request is answered by us, in words', async () => {
    const rig = rigFor({ aor: 'sip:alice@127.0.0.1', register: false });
    await rig.layer.start();
    const taken = createServer();
    const port = await listening(taken);
    taken.close();
    const answered = await rig.ask('OPTIONS', `sip:bob@127.0.0.2:${port};transport=tcp`);
    expect(answered).toMatch(/^SIP\/2\.0 503/);
    expect(answered).toContain(`Warning: 399 sidetone "nothing listens at 127.0.0.2:${port} for TCP"`);
  });

  test('others may call over TCP where we listen', async () => {
    const callee = rigFor({
      aor: 'sip:alice@127.0.0.1',
      register: false,
      bind: '127.0.0.1:0',
      transport: 'tcp',
    });
    await callee.layer.start();
    const caller = rigFor({ aor: 'sip:bob@127.0.0.1', register: false });
    await caller.layer.start();
    const answered = caller.ask('OPTIONS', `sip:alice@127.0.0.1:${callee.layer.local.port};transport=tcp`);
    await callee.layer.send(answer(await callee.until(() => callee.up[0])));
    expect(await answered).toMatch(/^SIP\/2\.0 200/);
    expect(callee.wire.map(({ transport }) => transport)).toEqual(['tcp', 'tcp']);
  });
});

describe('over TLS', () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await TestAuthority.create();
  });
  afterAll(() => authority[Symbol.asyncDispose]());

  async function server(pem: Pem, more: TlsOptions = {}): Promise<number> {
    return listening(createTls({ cert: pem.certificate, key: pem.key, ...more }, answering));
  }
  const connect = (port: number, tls: object = {}, host = 'localhost'): LayerRig =>
    rigFor({ proxy: `${host}:${port}`, transport: 'tls' }, { ca: authority.ca.certificate, ...tls });

  test('a certificate of our CA for the domain is taken, also by its sip: URI', async () => {
    for (const names of ['DNS:localhost', 'URI:sip:localhost']) {
      const rig = connect(await server(await authority.sign(names)));
      await rig.layer.start();
      expect(await rig.ask('OPTIONS', 'sip:bob@example.com', { via: 'TLS' })).toMatch(/^SIP\/2\.0 200/);
      expect(rig.wire[0]?.text).toContain('Via: SIP/2.0/TLS 127.0.0.1:');
    }
  });

  test('one for another name is refused, with both names', async () => {
    const rig = connect(await server(await authority.sign('DNS:pbx.example.com,DNS:*.example.org')));
    await expect(rig.layer.start()).rejects.toThrow(
      "the certificate of localhost is refused: it is for pbx.example.com, *.example.org, and we call 'localhost'",
    );
  });

  test('one that nobody knows is refused, and taken where we are told not to look', async () => {
    const port = await server(await authority.selfSigned('DNS:localhost'));
    await expect(connect(port).layer.start()).rejects.toMatchObject({
      message: "the certificate of localhost is refused: 'self.example.com' has signed it itself",
      hint: expect.stringContaining('tls.ca'),
    });
    await expect(
      connect(await server(await authority.sign('DNS:localhost')), { ca: null }).layer.start(),
    ).rejects.toThrow("is signed by 'Test CA', which this machine does not know");
    await connect(port, { verify: false }).layer.start();
  });

  test('one that has expired is refused with its date', async () => {
    const rig = connect(await server(await authority.sign('DNS:localhost', -1)));
    await expect(rig.layer.start()).rejects.toThrow(/'leaf\d+' expired on \w+ +\d+ /);
  });

  test('a server that asks for our certificate gets it', async () => {
    const ours = await authority.sign('DNS:alice');
    const options = { requestCert: true, rejectUnauthorized: true, ca: authority.ca.certificate };
    const port = await server(await authority.sign('DNS:localhost'), options);
    const rig = connect(port, { certificate: ours.certificate, key: ours.key });
    await rig.layer.start();
    expect(await rig.ask('OPTIONS', 'sip:bob@example.com', { via: 'TLS' })).toMatch(/^SIP\/2\.0 200/);
  });

  test('a port without TLS is said to be one', async () => {
    const port = await listening(createServer((socket) => void socket.end('SIP/2.0 400 Bad\r\n\r\n')));
    await expect(connect(port).layer.start()).rejects.toThrow(/does not speak TLS|closed the connection|TLS/);
  });

  test('over WSS: one message per frame, subprotocol sip', async () => {
    const pem = await authority.sign('DNS:localhost');
    const https = createHttps({ cert: pem.certificate, key: pem.key });
    const port = await listening(https);
    const sockets = new WebSocketServer({ server: https, path: '/ws' });
    const protocols: string[] = [];
    sockets.on('connection', (socket) => {
      protocols.push(socket.protocol);
      socket.on('message', (data: Buffer) => socket.send(answer(data.toString())));
    });
    const rig = rigFor({ proxy: `wss://localhost:${port}/ws` }, { ca: authority.ca.certificate });
    await rig.layer.start();
    expect(rig.layer.local.transport).toBe('wss');
    expect(await rig.ask('OPTIONS', 'sip:bob@example.com', { via: 'WSS' })).toMatch(/^SIP\/2\.0 200/);
    expect(protocols).toEqual(['sip']);
    const wrong = rigFor({ proxy: `wss://localhost:${port}/other` }, { ca: authority.ca.certificate });
    await expect(wrong.layer.start()).rejects.toThrow('answered 400 to the WebSocket');
  });
});
