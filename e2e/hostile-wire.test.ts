import dgram from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CALLER, SCRIPTED_BOT, SCRIPTED_REPLY, makeBot, speech } from './support/bots.ts';
import { Engine } from './support/engine.ts';
import { Phone } from './support/phone.ts';
import { until } from './support/until.ts';

let engine: Engine;

beforeEach(async () => {
  engine = await Engine.start();
});

afterEach(() => engine[Symbol.asyncDispose]());

async function openSocket(): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

describe('datagrams that are no call', () => {
  it('drops 120,000 of them, each for a reason, while a call beside them does not notice', async () => {
    const port = await engine.listen(await makeBot(engine.folder, SCRIPTED_BOT));
    await using phone = await Phone.call(port);
    const call = await engine.answered(phone.port);

    const socket = await openSocket();
    const said = phone.say(speech(CALLER.book));
    for (let sent = 0; sent < 120_000;) {
      // In handfuls: what the kernel drops for want of room is no test of ours.
      const handful = Array.from({ length: 60 }, () => hostileDatagram());
      sent += handful.length;
      await Promise.all(
        handful.map((datagram) => new Promise((done) => socket.send(datagram, port, '127.0.0.1', done))),
      );
    }
    await said;
    socket.close();

    // The good call is answered and goes on; nothing of it was lost, late or made up.
    await engine.event(call, 'bot.said', ({ heard }) => heard === SCRIPTED_REPLY);
    await engine.host.act(call, { type: 'hang_up', reason: 'enough' });
    const stats = engine.all(call, 'rtp.stats');
    await engine.event(call, 'call.ended');
    expect(stats.at(-1)?.stats).toMatchObject({ lost: 0, late: 0, duplicated: 0, concealed_ms: 0 });

    const [report] = await engine.host.report();
    const dropped = report?.dropped ?? {};
    const reasons = ['short', 'version', 'csrc', 'extension', 'padding', 'empty', 'rtcp', 'size'];
    expect(Object.keys(dropped).sort()).toEqual(reasons.sort());
    expect(Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(60_000);
  });

  it('names the codec it cannot speak, and what to set', async () => {
    const port = await engine.listen(await makeBot(engine.folder, SCRIPTED_BOT));
    await using phone = await Phone.call(port, { payloadType: 9 });
    const refused = await until('a refusal', () => engine.events.find(({ type }) => type === 'call.refused'));
    expect(refused).toMatchObject({ call: `127.0.0.1:${phone.port}`, reason: 'codec' });
    expect(refused).toHaveProperty('message', expect.stringContaining('payload type 9 (G722)'));
    expect(refused).toHaveProperty('message', expect.stringContaining('allow=ulaw,alaw'));
    expect((await engine.host.report())[0]?.refused['codec']).toBeGreaterThan(0);
    expect(phone.received).toEqual([]);
  });

  it('answers no more callers than allowed, counts the others, and has room again afterwards', async () => {
    const maxCalls = 10;
    const port = await engine.listen(await makeBot(engine.folder, SCRIPTED_BOT), { maxCalls });
    const template = goodPacket();
    const sockets = await Promise.all(Array.from({ length: 300 }, () => openSocket()));
    for (const socket of sockets) socket.send(template, port, '127.0.0.1');
    const report = await until('the flood to be refused', async () => {
      const [report] = await engine.host.report();
      const refused = Object.values(report?.refused ?? {}).reduce((sum, count) => sum + count, 0);
      return refused + (report?.answered ?? 0) >= sockets.length && report;
    });
    expect(report.calls).toBe(maxCalls);
    expect(report.refused['calls']).toBe(sockets.length - maxCalls);
    const told = engine.events.filter(({ type }) => type === 'call.refused');
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(10);

    for (const socket of sockets) socket.close();
    await until('the calls of the flood to end', async () => (await engine.host.report())[0]?.calls === 0);
    await using phone = await Phone.call(port);
    await engine.answered(phone.port);
  });

  it('answers nobody outside the allowed networks', async () => {
    const port = await engine.listen(await makeBot(engine.folder, SCRIPTED_BOT), { allow: ['10.0.0.0/8'] });
    await using phone = await Phone.call(port);
    const refused = await until('a refusal', () => engine.events.find(({ type }) => type === 'call.refused'));
    expect(refused).toMatchObject({ call: `127.0.0.1:${phone.port}`, reason: 'network' });
  });
});

describe('the port to listen on', () => {
  it('is named with its holder and the flag when it is taken', async () => {
    const socket = await openSocket();
    const { port } = socket.address();
    const bot = await makeBot(engine.folder, SCRIPTED_BOT);
    await expect(engine.host.listen({ host: '127.0.0.1', port, bot })).rejects.toMatchObject({
      name: 'SidetoneError',
      kind: 'environment',
      message: expect.stringMatching(new RegExp(`UDP port ${port} is taken by .*\\(pid ${process.pid}\\)`)),
      hint: expect.stringContaining('--rtp'),
    });
    socket.close();
  });
});

describe('the end of a call', () => {
  it.each([
    ['its caller is gone without a word', (phone: Phone) => phone.vanish(), 'far end closed its port'],
    [
      'its caller says BYE by RTCP',
      (phone: Phone) => Promise.resolve(phone.sayBye()),
      'far end said goodbye (RTCP BYE)',
    ],
    [
      'somebody commands it',
      (_: Phone, call: string) => engine.host.act(call, { type: 'hang_up', reason: 'by command' }),
      'by command',
    ],
  ])('comes when %s', async (_, end, reason) => {
    await using phone = await Phone.call(await engine.listen(await makeBot(engine.folder, SCRIPTED_BOT)));
    const call = await engine.answered(phone.port);
    await until('packets both ways', () => phone.received.length > 5);
    await end(phone, call);
    // Long before the 30 s of silence that would end it anyway.
    expect(await engine.event(call, 'call.ended', () => true, 10_000)).toMatchObject({ reason });
    await until('its place to be free', async () => (await engine.host.report())[0]?.calls === 0);
  });
});

let seed = 0x51de_2026;
function random(below: number): number {
  // xorshift32 (Marsaglia 2003)
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % below;
}

function randomBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random(256)));
}

/** A packet of 20 ms mu-law. */
function goodPacket(): Buffer {
  const packet = Buffer.alloc(172, 0xff);
  packet.writeUInt16BE(0x8000, 0);
  packet.writeUInt16BE(random(65_536), 2);
  packet.writeUInt32BE(random(2 ** 32), 4);
  packet.writeUInt32BE(0xbad, 8);
  return packet;
}

const REPLAYED = goodPacket();

/** Noise, stumps, packets with wrong bits, old packets again, and headers that promise more than there is. */
function hostileDatagram(): Buffer {
  const packet = goodPacket();
  switch (random(9)) {
    case 0:
      return randomBytes(random(300));
    case 1:
      return packet.subarray(0, random(172));
    case 2:
      for (let flips = 1 + random(8); flips > 0; flips -= 1) {
        const at = random(packet.length);
        packet[at] = (packet[at] ?? 0) ^ (1 << random(8));
      }
      return packet;
    case 3:
      return REPLAYED;
    case 4:
      packet[0] = 0x80 | (1 + random(15));
      return packet.subarray(0, 12 + random(20));
    case 5:
      packet[0] = 0x90;
      packet.writeUInt16BE(40 + random(60_000), 14);
      return packet;
    case 6:
      packet[0] = 0xa0;
      packet[171] = random(2) === 0 ? 0 : 161 + random(95);
      return packet;
    case 7:
      return random(2) === 0 ? packet.subarray(0, 12) : Buffer.concat([packet, randomBytes(1200)]);
    default:
      packet[1] = 192 + random(32);
      return packet;
  }
}
