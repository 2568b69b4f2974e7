import { spawnSync } from 'node:child_process';
import { mkdtemp, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callEvent, type CallEvent } from '../backend/contract/events.ts';
import { TRACE_FILES, traceManifest, type TraceManifest } from '../backend/contract/trace.ts';
import { seededRandom } from '../backend/rtp/seeded-random.ts';
import { SCRIPTED_BOT, makeBot } from './support/bots.ts';
import { Cli } from './support/cli.ts';
import { Engine } from './support/engine.ts';
import { decodeG711 } from './support/g711.ts';
import { readPcap, rtpFrom } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { has, output } from './support/tools.ts';
import { until } from './support/until.ts';

const CLICK = 28_000;
const HEADER_BYTES = 44;
const BOT = `greeting: Hello, what can I do for you today?\n${SCRIPTED_BOT}`;

type WirePacket = ReturnType<typeof rtpFrom>[number];

/** Noise as loud as speech with clicks in it, uneven in time. */
function clicking(seconds: number, seed: number): Int16Array {
  const random = seededRandom(seed);
  const pcm = Int16Array.from({ length: seconds * 8000 }, () => Math.round((random() - 0.5) * 4000));
  for (let at = 500; at < pcm.length; at += 1500 + Math.floor(random() * 1000)) pcm[at] = CLICK;
  return pcm;
}

function payloadOf(packet: WirePacket): Int16Array {
  const view = packet.getPayload();
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return decodeG711(packet.getPayloadType(), bytes);
}

/** Where a timestamp stands on its side's recording, by the manifest alone. */
function sampleOf(manifest: TraceManifest, stream: 'caller' | 'bot', timestamp: number): number {
  const before = manifest.mapping.findLast(
    (point) => point.stream === stream && ((timestamp - point.rtp_timestamp) | 0) >= 0,
  );
  return before ? before.sample + ((timestamp - before.rtp_timestamp) | 0) : NaN;
}

/** Samples of a WAV as sox reads it, or by hand where there is no sox. */
async function samplesOf(wav: string): Promise<Int16Array> {
  if (!has('sox')) {
    const bytes = await readFile(wav);
    return new Int16Array(
      bytes.buffer.slice(bytes.byteOffset + HEADER_BYTES, bytes.byteOffset + bytes.length),
    );
  }
  const raw = `${wav}.s16`;
  await output('sox', [wav, '-t', 'raw', '-e', 'signed', '-b', '16', raw]);
  const bytes = await readFile(raw);
  await rm(raw);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

describe('a call over a bad network with a far end that sends nothing in pauses', () => {
  let engine: Engine;
  let phonePort = 0;
  let dir = '';
  let manifest: TraceManifest;
  let caller: Int16Array;
  let bot: Int16Array;
  let fromCaller: WirePacket[];
  let fromBot: WirePacket[];
  let call = '';

  beforeAll(async () => {
    engine = await Engine.start();
    const port = await engine.listen(await makeBot(engine.folder, BOT));
    const random = seededRandom(5);
    await using phone = await Phone.call(port, {
      suppresses: true,
      lost: (packet) => packet > 0 && random() < 0.03,
      overtaken: (packet) => packet > 0 && packet % 17 === 0,
    });
    phonePort = phone.port;
    call = await engine.answered(phone.port);
    await engine.event(call, 'bot.said');
    await phone.say(clicking(4, 1));
    await engine.host.act(call, { type: 'send_dtmf', digits: '12' });
    await sleep(2500);
    await phone.say(clicking(3, 2));
    phone.changePtime(30);
    await sleep(1500);
    await phone.say(clicking(3, 3));
    await engine.host.act(call, { type: 'hang_up', reason: 'enough' });
    await engine.over(call);
    dir = engine.record(call);
    manifest = await engine.manifest(call);
    [caller, bot] = [
      await samplesOf(path.join(dir, 'caller.wav')),
      await samplesOf(path.join(dir, 'bot.wav')),
    ];
    const wire = await readPcap(path.join(dir, 'wire.pcap'));
    fromCaller = rtpFrom(wire, phonePort);
    fromBot = rtpFrom(wire, port);
  }, 90_000);

  afterAll(() => engine[Symbol.asyncDispose]());

  it('has each click of the far end where the mapping says', () => {
    const network = engine.all(call, 'rtp.stats').at(-1)?.stats;
    expect(network?.lost).toBeGreaterThan(2);
    expect(network?.reordered).toBeGreaterThan(2);
    let clicks = 0;
    for (const packet of fromCaller) {
      const pcm = payloadOf(packet);
      for (const [at, sample] of pcm.entries()) {
        // What follows a loss is blended with what was made up for it.
        if (Math.abs(sample - CLICK) > 1000 || at < 80) continue;
        clicks += 1;
        const stands = sampleOf(manifest, 'caller', (packet.getTimestamp() + at) >>> 0);
        expect(caller[stands], `the click of packet ${packet.getSequenceNumber()}`).toBe(sample);
      }
    }
    expect(clicks).toBeGreaterThan(15);
  });

  it('has them at the time at which their packets came', () => {
    // The most punctual packet of each second: all others were held up somewhere.
    const least = new Map<number, number>();
    for (const packet of fromCaller) {
      const ends = (packet.getTimestamp() + packet.getPayload().byteLength) >>> 0;
      const cameAt = packet.atMs - manifest.clock.wall_ms;
      const late = cameAt - sampleOf(manifest, 'caller', ends) / 8;
      const second = Math.floor(cameAt / 1000);
      least.set(second, Math.min(late, least.get(second) ?? Infinity));
    }
    expect(least.size).toBeGreaterThan(8);
    // A phone that stood still, because this machine did, has its packets heard late, and nothing of them dropped for
    // two seconds. What is put right only in pauses is less; and a second may have no punctual packet.
    const shifts = engine
      .all(call, 'rtp.mapped')
      .filter(({ stream }) => stream === 'caller')
      .slice(1);
    for (const [second, late] of least) {
      if (shifts.some(({ at }) => second > at / 1e6 - 2 && second < at / 1e6 + 4)) continue;
      expect(late, `second ${second}`).toBeGreaterThan(-21);
      expect(late, `second ${second}`).toBeLessThan(40);
    }
  });

  it('has on the side of the bot the very samples that left, at the time at which they left', () => {
    const covered = new Uint8Array(bot.length);
    const apart: number[] = [];
    for (const packet of fromBot.filter((one) => one.getPayloadType() === 0)) {
      const pcm = payloadOf(packet);
      const first = sampleOf(manifest, 'bot', packet.getTimestamp());
      expect(bot.slice(first, first + pcm.length)).toEqual(pcm);
      covered.fill(1, first, first + pcm.length);
      apart.push(packet.atMs - manifest.clock.wall_ms - first / 8);
    }
    expect(new Set(fromBot.map((packet) => packet.getPayload().byteLength))).toEqual(new Set([160, 240, 4]));
    // Where no audio left, there is none: before the first packet, and while keys were played.
    expect(bot.every((sample, at) => sample === 0 || covered[at] === 1)).toBe(true);
    expect(Math.abs(median(apart))).toBeLessThan(2);
    expect(Math.min(...apart)).toBeGreaterThan(-0.2);
    expect(covered.filter((one) => one === 1).length).toBeGreaterThan(bot.length * 0.9);
  });

  it.skipIf(!has('tshark'))('is read by tshark as it was read here', async () => {
    const decode = ['-d', `udp.port==${phonePort},rtp`];
    const columns = ['frame.time_epoch', 'rtp.timestamp', 'rtp.ssrc'].flatMap((name) => ['-e', name]);
    const filter = ['-Y', `udp.srcport==${phonePort} && rtp.p_type==0`, '-T', 'fields'];
    const text = await output('tshark', [
      '-r',
      path.join(dir, 'wire.pcap'),
      ...decode,
      ...filter,
      ...columns,
    ]);
    const rows = text
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.map(([, timestamp]) => Number(timestamp))).toEqual(
      fromCaller.map((packet) => packet.getTimestamp()),
    );
    for (const [index, [epoch]] of rows.entries())
      expect(Number(epoch) * 1000).toBeCloseTo(fromCaller[index]?.atMs ?? 0, 2);
  });
});

describe('a process that is killed in mid-call', () => {
  it('leaves a trace that is complete to its last second', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-killed-'));
    try {
      const traces = path.join(folder, 'traces');
      const bot = await makeBot(folder, BOT);
      await using cli = new Cli(['serve', '--bot', bot, '--rtp', '127.0.0.1:0', '--traces', traces]);
      await using phone = await Phone.call(await cli.ready());
      const dir = await until('a trace', async () => {
        const [name] = await readdir(traces).catch(() => []);
        return name !== undefined && path.join(traces, name);
      });
      await phone.say(clicking(4, 4));
      const killedAt = Date.now();
      cli.kill();
      await cli.exit();

      const manifest = traceManifest.parse(
        JSON.parse(await readFile(path.join(dir, TRACE_FILES.manifest), 'utf8')),
      );
      expect(manifest).toMatchObject({ state: 'recording', ended: null, summary: null, sha256: {} });
      const lastedMs = killedAt - manifest.clock.wall_ms;
      expect(lastedMs).toBeGreaterThan(4000);
      // Handed to the system once a second; a slow machine may take some time for it.
      const least = lastedMs - 1500;
      for (const side of [TRACE_FILES.caller, TRACE_FILES.bot]) {
        const file = path.join(dir, side);
        expect(((await stat(file)).size - HEADER_BYTES) / 16, side).toBeGreaterThan(least);
        expect((await samplesOf(file)).length / 8, side).toBeGreaterThan(least);
      }
      const packets = rtpFrom(await readPcap(path.join(dir, TRACE_FILES.wire)), phone.port);
      expect((packets.at(-1)?.atMs ?? 0) - manifest.clock.wall_ms).toBeGreaterThan(least);
      for (const { file, channels, every_ms } of manifest.tracks) {
        const values = (await stat(path.join(dir, file))).size / 4 / channels;
        expect(values * every_ms, file).toBeGreaterThan(least - 200);
      }
      const events = wholeLines(await readFile(path.join(dir, TRACE_FILES.events), 'utf8'));
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
      expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['bot.said', 'caller.aligned']));
      expect(events.map(({ type }) => type)).not.toContain('call.ended');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a disk that is full', () => {
  it('cuts the traces of the calls that go on, says so once, and ends no call', async ({ skip }) => {
    await using engine = await Engine.start();
    await mkdir(engine.recordsDir);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', engine.recordsDir]);
    if (mounted.status !== 0) {
      process.stderr.write('a small disk cannot be mounted here: the test of a full one is skipped\n');
      skip('no small disk can be mounted');
    }
    try {
      const port = await engine.listen(await makeBot(engine.folder, BOT));
      await using first = await Phone.call(port);
      await using second = await Phone.call(port);
      const calls = [await engine.answered(first.port), await engine.answered(second.port)];
      for (const call of calls) {
        const { message } = await engine.event(call, 'call.warning');
        expect(message).toBe('recording stopped: the disk is full; the call goes on');
        await until('the trace to be marked', async () => (await engine.manifest(call)).state === 'cut');
      }
      const heard = first.received.length;
      await until('the call to go on', () => first.received.length > heard + 100);
      for (const call of calls) {
        await engine.host.act(call, { type: 'hang_up', reason: 'enough' });
        await engine.event(call, 'call.ended');
        const manifest = await until('the end to be noted', async () => {
          const now = await engine.manifest(call);
          return now.ended !== null && now;
        });
        expect(manifest).toMatchObject({ state: 'cut', ended: 'enough' });
        expect(engine.all(call, 'call.warning')).toHaveLength(1);
        const log = await readFile(path.join(engine.record(call), TRACE_FILES.events), 'utf8');
        expect(wholeLines(log)[0]?.type).toBe('call.started');
      }
    } finally {
      await engine.host.close();
      spawnSync('umount', [engine.recordsDir]);
    }
  });
});

function wholeLines(log: string): CallEvent[] {
  return log
    .slice(0, log.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => callEvent.parse(JSON.parse(line)));
}
