import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { packets } from 'rtp.js';
import { SrtcpSession, SrtpSession, RtpHeader } from 'werift-rtp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decode, encode, type Codec } from '../audio/g711.ts';
import { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import type { CallAudio, ConnectCommand, LineChange, LineWish, WorkerMessage } from '../contract/host.ts';
import type { NegotiatedMedia, SrtpKeys } from '../contract/sip.ts';
import { modelsDirectory } from '../models/directory.ts';
import { openTrace, type Trace } from '../trace/read.ts';
import { verifyTrace } from '../trace/verify.ts';
import { readWire } from '../trace/wire.ts';
import { packetRows } from '../capture/packets.ts';
import { MediaEngine } from './media-engine.ts';

const HZ = 500;
const KEYS: SrtpKeys = {
  suite: 'AES_CM_128_HMAC_SHA1_80',
  out: Buffer.alloc(30, 1),
  in: Buffer.from(Array.from({ length: 30 }, (_, i) => i)),
};

const LINE = {
  account: 'office',
  direction: 'in',
  remote: 'sip:bob@example.com',
  name: 'Bob',
  dialled: 'sip:100@example.com',
} as const;

let engine: MediaEngine;
let folder: string;
const messages: WorkerMessage[] = [];
const channel = new MessageChannel();

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-media-'));
  const start = {
    modelsDir: modelsDirectory(),
    recordsDir: folder,
    version: 'test',
    inference: channel.port1,
  };
  engine = new MediaEngine(start, (message) => {
    // As a thread's port does: what is sent is a copy.
    messages.push(structuredClone(message));
  });
});

afterAll(async () => {
  await engine.carryOut({ type: 'close' });
  channel.port2.close();
  await rm(folder, { recursive: true, force: true });
});

function events<Type extends CallEvent['type']>(
  call: string,
  type: Type,
): Extract<CallEvent, { type: Type }>[] {
  return messages
    .flatMap((message) => (message.type === 'events' ? message.events : []))
    .filter(
      (event): event is Extract<CallEvent, { type: Type }> => event.call === call && event.type === type,
    );
}

function heard(call: string): CallAudio[] {
  return messages.flatMap((m) => (m.type === 'audio' && m.audio.call === call ? [m.audio] : []));
}

const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8000, interval: 20 });

/** The far end: sockets of its own, packets by rtp.js, a tone in G.711. */
class Peer implements AsyncDisposable {
  readonly scope = new Scope();
  readonly audio = dgram.createSocket('udp4');
  readonly reports = dgram.createSocket('udp4');
  readonly received: { datagram: Buffer; port: number }[] = [];
  readonly receivedReports: Buffer[] = [];
  codec: Codec = 'PCMA';
  ssrc = 77;
  #sequence = 1000;
  #timestamp = 0;

  static async open(): Promise<Peer> {
    const peer = new Peer();
    for (const socket of [peer.audio, peer.reports]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      peer.scope.defer(() => void socket.close());
    }
    peer.audio.on('message', (datagram, { port }) => peer.received.push({ datagram, port }));
    peer.reports.on('message', (datagram) => peer.receivedReports.push(datagram));
    return peer;
  }

  get port(): number {
    return this.audio.address().port;
  }

  media(changes: Partial<NegotiatedMedia> = {}): NegotiatedMedia {
    return {
      remote: { address: '127.0.0.1', port: this.port },
      reports: { address: '127.0.0.1', port: this.reports.address().port },
      codec: this.codec,
      ptimeMs: 20,
      eventPayload: { out: 96, in: 97 },
      sends: true,
      receives: true,
      srtp: null,
      ...changes,
    };
  }

  /** 20 ms of the tone. */
  packet({ payloadType = this.codec === 'PCMA' ? 8 : 0 } = {}): Buffer {
    const pcm = Int16Array.from({ length: 160 }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * HZ * (this.#timestamp + i)) / 8000)),
    );
    const payload = new Uint8Array(160);
    encode(this.codec, pcm, payload);
    const packet = new packets.RtpPacket();
    packet.setPayloadType(payloadType);
    packet.setSequenceNumber((this.#sequence += 1));
    packet.setTimestamp(this.#timestamp);
    packet.setSsrc(this.ssrc);
    packet.setPayload(new DataView(payload.buffer));
    this.#timestamp += 160;
    const view = packet.getView();
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  }

  /** Sends the tone until what is returned is called. */
  speak(to: number, wrap = (datagram: Buffer): Buffer => datagram): () => void {
    return this.scope.every(20, () => this.audio.send(wrap(this.packet()), to, '127.0.0.1'));
  }

  /** Since then: packets of audio. */
  get rtp(): InstanceType<typeof packets.RtpPacket>[] {
    return this.received
      .filter(({ datagram }) => packets.isRtp(viewOf(datagram)))
      .map(({ datagram }) => new packets.RtpPacket(viewOf(datagram)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scope.close();
  }
}

function viewOf(datagram: Buffer): DataView {
  return new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
}

/** Share of a signal's power that is a tone of HZ, 0..1. */
function toneShare(pcm: Int16Array): number {
  let [re, im, power] = [0, 0, 0];
  for (const [i, sample] of pcm.entries()) {
    re += sample * Math.cos((2 * Math.PI * HZ * i) / 8000);
    im += sample * Math.sin((2 * Math.PI * HZ * i) / 8000);
    power += sample * sample;
  }
  return power === 0 ? 0 : (2 * (re * re + im * im)) / (pcm.length * power);
}

/** How many are little else. */
function tones(all: readonly Int16Array[]): number {
  return all.filter((pcm) => toneShare(pcm) > 0.95).length;
}

function pcmOf(codec: Codec, packet: InstanceType<typeof packets.RtpPacket>): Int16Array {
  const payload = packet.getPayload();
  const pcm = new Int16Array(payload.byteLength);
  decode(codec, new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), pcm);
  return pcm;
}

async function reserve(call: string): Promise<number> {
  const answer = await engine.carryOut({ type: 'reserve', call, family: 'ipv4' });
  if (answer === null || !('port' in answer)) throw new Error('no port');
  return answer.port;
}

async function connect(
  call: string,
  media: NegotiatedMedia,
  more: Partial<ConnectCommand> = {},
): Promise<void> {
  const party = { kind: 'person' } as const;
  await engine.carryOut({
    type: 'connect',
    call,
    line: LINE,
    media,
    party,
    recording: null,
    maxMs: null,
    ...more,
  });
}

const tell = (call: string, change: LineChange): Promise<unknown> =>
  engine.carryOut({ type: 'line', call, change });

const hangUp = async (call: string): Promise<void> => {
  await engine.carryOut({ type: 'call', call, action: { type: 'hang_up', reason: 'done' } });
  await soon(() => expect(events(call, 'call.ended')).toHaveLength(1));
};

/** The trace of a call that is over. */
const complete = (call: string): Promise<Trace> =>
  vi.waitFor(async () => {
    const trace = await openTrace(path.join(folder, call));
    expect(trace.manifest?.state).toBe('complete');
    return trace;
  });

const dropped = async (reason: string): Promise<number> => {
  const report = await engine.carryOut({ type: 'report' });
  return report !== null && 'dropped' in report ? (report.dropped[reason] ?? 0) : 0;
};

/** The person's microphone: the same tone. */
function talk(scope: Scope): void {
  let at = 0;
  scope.every(5, () => {
    const pcm = Int16Array.from({ length: 40 }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * HZ * (at + i)) / 8000)),
    );
    at += 40;
    engine.microphone(pcm);
  });
}

describe('a port for a call', () => {
  it('is even, with the next one up, is its own, and is free again when it is given back', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, (_, i) => reserve(`port-${i}`)));
    expect(new Set(ports).size).toBe(20);
    expect(ports.every((port) => port % 2 === 0)).toBe(true);
    await expect(reserve('port-0')).rejects.toThrow('has a port already');
    for (const [i] of ports.entries()) await engine.carryOut({ type: 'release', call: `port-${i}` });
    for (const port of ports.flatMap((port) => [port, port + 1])) {
      const socket = dgram.createSocket('udp4');
      await soon(() => void socket.bind(port, '0.0.0.0'));
      await once(socket, 'listening');
      socket.close();
    }
  });

  it('is needed to connect', async () => {
    await using peer = await Peer.open();
    await expect(connect('no-port', peer.media())).rejects.toThrow('has no port');
    await engine.carryOut({ type: 'release', call: 'no-port' });
    await tell('no-port', { type: 'held', by: 'us', on: true });
  });
});

describe('a call that was agreed on', () => {
  it('carries audio both ways, holds and resumes, and leaves a trace in order', async () => {
    await using peer = await Peer.open();
    const call = 'both-ways';
    const port = await reserve(call);
    const sip = {
      call,
      account: 'office',
      direction: 'in',
      transport: 'tcp',
      local: '127.0.0.1:5060',
      remote: '127.0.0.1:5080',
      at: Date.now() - 3000,
      repeated: false,
      text: 'INVITE sip:100@example.com SIP/2.0\r\n\r\n',
    } as const;
    await connect(call, peer.media({ ptimeMs: 30 }));
    await tell(call, { type: 'sip', messages: [sip] });
    peer.speak(port);
    talk(peer.scope);
    await soon(() => expect(heard(call).length).toBeGreaterThan(30));
    await soon(() => expect(peer.rtp.length).toBeGreaterThan(30));
    // The timers of a busy machine leave holes here and there.
    await soon(() => expect(tones(heard(call).map(({ pcm }) => pcm))).toBeGreaterThan(20));
    await soon(() => expect(tones(peer.rtp.map((one) => pcmOf('PCMA', one)))).toBeGreaterThan(5));
    const sent = peer.rtp.slice(-10);
    expect(new Set(sent.map((one) => one.getPayloadType()))).toEqual(new Set([8]));
    expect(new Set(sent.map((one) => one.getPayload().byteLength))).toEqual(new Set([240]));
    expect(peer.received.every((one) => one.port === port)).toBe(true);
    expect(events(call, 'call.started')[0]).toMatchObject({
      peer: `127.0.0.1:${peer.port}`,
      codec: 'PCMA',
      ptime_ms: 30,
      party: 'person',
    });
    expect(events(call, 'call.line')[0]).toMatchObject(LINE);
    expect(events(call, 'call.media')[0]).toMatchObject({ srtp: null, sends: true, receives: true });
    expect(events(call, 'rtp.ready')[0]?.local).toBe(`127.0.0.1:${port}`);

    // Held by them: nothing of ours leaves, and the person hears their music.
    await tell(call, { type: 'held', by: 'them', on: true });
    await tell(call, { type: 'media', media: peer.media({ ptimeMs: 30, sends: false }) });
    const before = peer.rtp.length;
    const listened = heard(call).length;
    await soon(() => expect(heard(call).length).toBeGreaterThan(listened + 20));
    expect(peer.rtp.length - before).toBeLessThanOrEqual(1);
    // Held by us as well: what comes is not heard.
    await tell(call, { type: 'held', by: 'us', on: true });
    await tell(call, { type: 'media', media: peer.media({ ptimeMs: 30, sends: false, receives: false }) });
    const silentFrom = heard(call).length;
    const frames = events(call, 'rtp.stats').length;
    await soon(() => expect(events(call, 'rtp.stats').length).toBeGreaterThan(frames));
    expect(heard(call).length).toBe(silentFrom);
    expect(peer.rtp.length - before).toBeLessThanOrEqual(1);

    await tell(call, { type: 'held', by: 'them', on: false });
    await tell(call, { type: 'held', by: 'us', on: false });
    await tell(call, { type: 'media', media: peer.media() });
    await soon(() => expect(peer.rtp.length).toBeGreaterThan(before + 40));
    await soon(() => expect(heard(call).length).toBeGreaterThan(silentFrom + 20));
    const [last, resumed] = [peer.rtp[before - 1], peer.rtp.slice(before + 1)];
    // One stream: numbers follow on, time went on, and a talk spurt begins.
    expect(new Set(peer.rtp.map((one) => one.getSsrc())).size).toBe(1);
    const gap = ((resumed[0]?.getSequenceNumber() ?? 0) - (last?.getSequenceNumber() ?? 0)) & 0xffff;
    expect(gap).toBeLessThanOrEqual(2);
    expect(resumed.some((one) => one.getMarker())).toBe(true);
    expect(new Set(resumed.map((one) => one.getPayload().byteLength))).toEqual(new Set([160]));
    expect(events(call, 'call.held').map(({ by, on }) => `${by} ${on}`)).toEqual([
      'them true',
      'us true',
      'them false',
      'us false',
    ]);
    expect(events(call, 'rtp.one_way')).toEqual([]);
    expect(events(call, 'rtp.quiet')).toEqual([]);
    expect(events(call, 'person.microphone')).toEqual([]);
    await hangUp(call);

    const trace = await complete(call);
    expect(trace.manifest?.line).toEqual(LINE);
    expect(events(call, 'sip.message')[0]?.offset_ms).toBeLessThan(-2000);
    expect(await verifyTrace(trace)).toEqual([]);
  }, 30_000);

  it('follows audio that comes from elsewhere, once, and drops what others send', async () => {
    await using peer = await Peer.open();
    await using nat = await Peer.open();
    await using hostile = await Peer.open();
    const call = 'latch';
    const port = await reserve(call);
    const strangers = await dropped('stranger');
    await connect(call, peer.media());
    nat.speak(port);
    await soon(() => expect(events(call, 'rtp.latched')).toHaveLength(1));
    expect(events(call, 'rtp.latched')[0]).toMatchObject({
      expected: `127.0.0.1:${peer.port}`,
      from: `127.0.0.1:${nat.port}`,
    });
    await soon(() => expect(nat.rtp.length).toBeGreaterThan(5));
    hostile.ssrc = 666;
    hostile.speak(port);
    await vi.waitFor(async () => expect(await dropped('stranger')).toBeGreaterThan(strangers + 20), 4000);
    expect(hostile.received).toEqual([]);
    expect(events(call, 'rtp.source_changed')).toEqual([]);
    expect(events(call, 'rtp.latched')).toHaveLength(1);
    await hangUp(call);
    const trace = await complete(call);
    expect((await readWire(trace))?.caller.length).toBeGreaterThan(10);
    const rows = await packetRows(path.join(folder, call), 0, 10_000);
    expect(new Set(rows.map(({ side, ssrc }) => `${side} ${ssrc === nat.ssrc}`))).toEqual(
      new Set(['caller true', 'bot false']),
    );
    // Those that no call takes do not reach its trace either.
    const wire = await readFile(path.join(folder, call, 'wire.pcap'));
    const port16 = Buffer.alloc(2);
    port16.writeUInt16BE(hostile.port);
    let at = 24;
    for (; at < wire.length; at += 16 + wire.readUInt32LE(at + 8)) {
      expect(wire.subarray(at + 36, at + 38)).not.toEqual(port16);
    }
  }, 20_000);

  it('takes and sends keys as they were agreed on, by events or by signalling', async () => {
    await using peer = await Peer.open();
    const call = 'keys';
    const port = await reserve(call);
    await connect(call, peer.media());
    peer.speak(port);
    await soon(() => expect(peer.rtp.length).toBeGreaterThan(3));
    const key = peer.packet({ payloadType: 97 });
    key.set([5, 0x8a, 3, 32], 12);
    peer.audio.send(key.subarray(0, 16), port, '127.0.0.1');
    await soon(() =>
      expect(events(call, 'dtmf.received')[0]).toMatchObject({ digit: '5', duration_ms: 100 }),
    );
    await engine.carryOut({ type: 'call', call, action: { type: 'send_dtmf', digits: '7' } });
    await soon(() => expect(peer.rtp.filter((one) => one.getPayloadType() === 96).length).toBeGreaterThan(5));

    await tell(call, { type: 'key', digit: '9', durationMs: 160 });
    expect(events(call, 'dtmf.received')[1]).toMatchObject({ digit: '9', duration_ms: 160 });
    await tell(call, { type: 'media', media: peer.media({ eventPayload: null }) });
    await engine.carryOut({ type: 'call', call, action: { type: 'send_dtmf', digits: '#a' } });
    const wishes = messages.flatMap((m): LineWish[] =>
      m.type === 'wish' && m.call === call ? [m.wish] : [],
    );
    expect(wishes).toEqual([{ type: 'keys', digits: '#A' }]);
    expect(events(call, 'dtmf.sent').map(({ digit }) => digit)).toEqual(['7', '#', 'A']);
    const usual = peer.packet({ payloadType: 101 });
    usual.set([11, 0x8a, 3, 32], 12);
    peer.audio.send(usual.subarray(0, 16), port, '127.0.0.1');
    await soon(() => expect(events(call, 'dtmf.received')[2]?.digit).toBe('#'));
    await hangUp(call);
  }, 20_000);

  it('goes to another far end when it is transferred, on one track', async () => {
    await using peer = await Peer.open();
    await using other = await Peer.open();
    const call = 'transfer';
    const port = await reserve(call);
    await connect(call, peer.media());
    const stop = peer.speak(port);
    await soon(() => expect(peer.rtp.length).toBeGreaterThan(60));
    stop();
    other.codec = 'PCMU';
    other.ssrc = 4242;
    await tell(call, { type: 'line', line: { ...LINE, remote: 'sip:carol@example.com', name: null } });
    await tell(call, { type: 'media', media: other.media({ reports: null }) });
    other.speak(port);
    await soon(() => expect(other.rtp.length).toBeGreaterThan(60));
    expect(other.rtp[0]?.getPayloadType()).toBe(0);
    expect(events(call, 'rtp.source_changed')[0]).toMatchObject({ ssrc: 4242, reason: 'ssrc' });
    expect(events(call, 'call.line').map(({ remote }) => remote)).toEqual([
      'sip:bob@example.com',
      'sip:carol@example.com',
    ]);
    await hangUp(call);
    const trace = await complete(call);
    expect(await verifyTrace(trace)).toEqual([]);
  }, 20_000);
});

describe('a port of IPv6', () => {
  it.each(['::1', '127.0.0.1'])(
    'reaches a far end at %s, and hears it',
    async (address) => {
      await using scope = new Scope();
      const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.bind(0, address);
      await once(socket, 'listening');
      scope.defer(() => void socket.close());
      const got: Buffer[] = [];
      socket.on('message', (datagram) => got.push(datagram));
      await using peer = await Peer.open();
      const call = `six-${address}`;
      const answer = await engine.carryOut({ type: 'reserve', call, family: 'ipv6' });
      const port = answer !== null && 'port' in answer ? answer.port : 0;
      const remote = { address, port: socket.address().port };
      await connect(call, peer.media({ remote, reports: null }));
      scope.every(20, () => socket.send(peer.packet(), port, address));
      await soon(() => expect(got.length).toBeGreaterThan(10));
      await soon(() => expect(tones(heard(call).map(({ pcm }) => pcm))).toBeGreaterThan(5));
      expect(events(call, 'rtp.latched')).toEqual([]);
      expect(events(call, 'rtp.ready')[0]?.local).toBe(`${address}:${port}`);
      await hangUp(call);
    },
    20_000,
  );
});

describe('a call with SRTP', () => {
  it('is in cipher on the wire, in the clear in its trace, and deaf to what was not made with its key', async () => {
    await using peer = await Peer.open();
    await using hostile = await Peer.open();
    const call = 'srtp';
    const port = await reserve(call);
    const config = {
      profile: 1,
      keys: {
        localMasterKey: Buffer.from(KEYS.in.subarray(0, 16)),
        localMasterSalt: Buffer.from(KEYS.in.subarray(16)),
        remoteMasterKey: Buffer.from(KEYS.out.subarray(0, 16)),
        remoteMasterSalt: Buffer.from(KEYS.out.subarray(16)),
      },
    };
    const far = new SrtpSession(config);
    const farReports = new SrtcpSession(config);
    await connect(call, peer.media({ srtp: KEYS }));
    talk(peer.scope);
    const [auth, replays] = [await dropped('srtp_auth'), await dropped('srtp_replay')];
    hostile.speak(port);
    await vi.waitFor(async () => expect(await dropped('srtp_auth')).toBeGreaterThan(auth + 5), 4000);
    expect(events(call, 'rtp.latched')).toEqual([]);
    let copy: Buffer | null = null;
    peer.speak(port, (datagram) => {
      const header = RtpHeader.deSerialize(datagram);
      const sent = far.encrypt(datagram.subarray(12), header);
      copy ??= sent;
      return sent;
    });
    await soon(() => expect(tones(heard(call).map(({ pcm }) => pcm))).toBeGreaterThan(20));
    if (copy !== null) hostile.audio.send(copy, port, '127.0.0.1');
    await vi.waitFor(async () => expect(await dropped('srtp_replay')).toBe(replays + 1), 4000);

    await soon(() => expect(peer.rtp.length).toBeGreaterThan(30));
    expect(tones(peer.rtp.map((one) => pcmOf('PCMA', one)))).toBe(0);
    const open = (one: InstanceType<typeof packets.RtpPacket>): Int16Array => {
      const { buffer, byteOffset, byteLength } = one.getView();
      const clear = far.decrypt(Buffer.from(buffer, byteOffset, byteLength));
      return pcmOf('PCMA', new packets.RtpPacket(viewOf(clear)));
    };
    await soon(() => expect(tones(peer.rtp.map(open))).toBeGreaterThan(5));
    expect(events(call, 'call.media')[0]?.srtp).toBe(KEYS.suite);
    await soon(() => expect(peer.receivedReports.length).toBeGreaterThan(0));
    const report = farReports.decrypt(peer.receivedReports[0] ?? Buffer.alloc(0));
    expect(packets.isRtcp(viewOf(report))).toBe(true);
    await hangUp(call);
    const trace = await complete(call);
    expect(await verifyTrace(trace)).toEqual([]);
    const text = await readFile(path.join(folder, call, 'events.ndjson'), 'utf8');
    expect(text).not.toContain(Buffer.from(KEYS.out).toString('base64'));
  }, 20_000);
});
