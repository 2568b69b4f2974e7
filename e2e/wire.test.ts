import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CALLER, SCRIPTED_BOT, SCRIPTED_REPLY, makeBot, speech } from './support/bots.ts';
import { Engine } from './support/engine.ts';
import { encodeG711 } from './support/g711.ts';
import { freePort } from './support/loopback.ts';
import { Phone } from './support/phone.ts';
import { has, output } from './support/tools.ts';
import { until } from './support/until.ts';
import { overlap } from './support/words.ts';

/** Its ears are real, the rest is scripted: what matters here is the wire. */
const BOT = `greeting: Hello, this is a test of the line.\n${SCRIPTED_BOT.replace('stt: { provider: scripted }', '')}`;

let engine: Engine;
let port: number;

beforeAll(async () => {
  engine = await Engine.start();
  port = await engine.listen(await makeBot(engine.folder, BOT));
});

afterAll(() => engine[Symbol.asyncDispose]());

describe.concurrent('a caller with a stack of its own (rtp.js)', () => {
  it.each([
    { payloadType: 0, ptimeMs: 10, codec: 'PCMU' },
    { payloadType: 0, ptimeMs: 30, codec: 'PCMU' },
    { payloadType: 0, ptimeMs: 60, codec: 'PCMU' },
    { payloadType: 8, ptimeMs: 20, codec: 'PCMA' },
    { payloadType: 8, ptimeMs: 40, codec: 'PCMA' },
  ] as const)(
    'is answered as it sends: $codec in packets of $ptimeMs ms',
    async ({ payloadType, ptimeMs, codec }) => {
      await using phone = await Phone.call(port, { payloadType, ptimeMs });
      const call = await engine.answered(phone.port);
      await engine.event(call, 'bot.said');
      await phone.say(speech(CALLER.name));
      await engine.event(call, 'bot.said', ({ heard }) => heard === SCRIPTED_REPLY);
      expect(engine.all(call, 'call.started')[0]).toMatchObject({ codec, ptime_ms: ptimeMs });

      const samples = ptimeMs * 8;
      const packets = phone.received;
      expect(new Set(packets.map((packet) => packet.getPayloadType()))).toEqual(new Set([payloadType]));
      expect(new Set(packets.map((packet) => packet.getPayload().byteLength))).toEqual(new Set([samples]));
      expect(new Set(packets.map((packet) => packet.getSsrc())).size).toBe(1);
      const sequences = stepsOf(
        packets.map((packet) => packet.getSequenceNumber()),
        2 ** 16,
      );
      expect(new Set(sequences)).toEqual(new Set([1]));
      const timestamps = stepsOf(
        packets.map((packet) => packet.getTimestamp()),
        2 ** 32,
      );
      expectSteady(timestamps, samples);
      // A talk spurt each for greeting and answer.
      expect(packets.filter((packet) => packet.getMarker()).length).toBeGreaterThanOrEqual(2);
    },
  );
});

describe.skipIf(!has('tshark') || !has('sox'))('the record of a call, read by other programs', () => {
  it.concurrent.each([
    { codec: 'PCMU', payloadType: '0' },
    { codec: 'PCMA', payloadType: '8' },
  ] as const)('is a clean $codec stream to tshark, and audio to sox', async ({ codec, payloadType }) => {
    const caller = await engine.host.place({
      host: '127.0.0.1',
      port,
      codec,
      party: { kind: 'script', audio: [CALLER.name.file], barge_in_ms: null, listen: false },
      maxMs: 30_000,
    });
    const ended = await engine.over(caller, 40_000);
    const peerPort = portOf(engine.all(caller, 'call.started')[0]?.peer);
    expect(peerPort).toBe(port);
    const wire = path.join(engine.record(caller), 'wire.pcap');
    const callerPort = await callerPortIn(wire, port);

    const rows = await fields(wire, [`udp.port==${callerPort},rtp`], 'rtp', [
      'udp.srcport',
      'rtp.seq',
      'rtp.timestamp',
      'rtp.p_type',
      'rtp.marker',
      'frame.time_epoch',
    ]);
    for (const from of [port, callerPort]) {
      const stream = rows.filter(([source]) => source === String(from));
      expect(stream.length).toBeGreaterThan(200);
      expect(new Set(stream.map(([, , , type]) => type))).toEqual(new Set([payloadType]));
      const column = (index: number): number[] => stream.map((row) => Number(row[index]));
      expect(new Set(stepsOf(column(1), 2 ** 16))).toEqual(new Set([1]));
      const timestamps = stepsOf(column(2), 2 ** 32);
      expectSteady(timestamps, 160);
      if (from === callerPort) {
        // Its own packets, so the times are those of sending: what was left out was due before this packet left.
        const times = column(5);
        const waits = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) * 1000);
        const early = timestamps.filter((step, index) => (waits[index] ?? 0) < step / 8 - 21);
        expect(early).toEqual([]);
      }
      expect(stream.filter(([, , , , marker]) => marker === '1' || marker === 'True').length).toBeGreaterThan(
        0,
      );
    }
    // tshark's own verdict on loss.
    const asRtp = ['-d', `udp.port==${callerPort},rtp`];
    const streams = await output('tshark', ['-r', wire, ...asRtp, '-q', '-z', 'rtp,streams']);
    const losses = streams.match(/\b\d+ \(-?\d+\.\d+%\)/g) ?? [];
    expect(losses).toHaveLength(2);
    expect(losses.every((loss) => loss.startsWith('0 '))).toBe(true);
    expect(ended.reason).toBe('script finished');

    const reports = await fields(wire, [`udp.port==${callerPort + 1},rtcp`], 'rtcp', [
      'udp.srcport',
      'rtcp.pt',
    ]);
    const types = reports.flatMap(([source, list]) =>
      (list ?? '').split(',').map((type) => `${source}:${type}`),
    );
    // SR, SDES, and BYE of whoever hung up.
    expect(types).toContain(`${callerPort + 1}:200`);
    expect(types).toContain(`${callerPort + 1}:202`);
    expect(types).toContain(`${callerPort + 1}:203`);
    const wrong = '_ws.malformed || udp.checksum.status == 0 || ip.checksum.status == 0';
    const checks = ['-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '-Y', wrong];
    const decoding = ['-d', `udp.port==${callerPort},rtp`, '-d', `udp.port==${callerPort + 1},rtcp`];
    const malformed = await output('tshark', ['-r', wire, ...decoding, ...checks]);
    expect(malformed).toBe('');

    for (const file of ['caller.wav', 'bot.wav']) {
      const wav = path.join(engine.record(caller), file);
      const [rate, channels, bits, seconds] = await Promise.all(
        ['-r', '-c', '-b', '-D'].map(async (flag) => Number(await output('soxi', [flag, wav]))),
      );
      expect([rate, channels, bits]).toEqual([8000, 1, 16]);
      expect(Math.abs((seconds ?? 0) * 1000 - ended.duration_ms)).toBeLessThan(500);
      const loudest = /Maximum amplitude:\s+(\S+)/.exec(await statOf(wav))?.[1];
      expect(Number(loudest)).toBeGreaterThan(0.1);
    }
  });
});

describe.skipIf(!has('sipp'))('SIPp as the caller', () => {
  it('plays a recording by rtp_stream, falls silent, is understood, answered, and missed when it is gone', async () => {
    const [fixtures, cwd] = [path.join(import.meta.dirname, 'fixtures/sipp'), engine.folder];
    const answering = await readFile(path.join(fixtures, 'uas.xml'), 'utf8');
    await writeFile(path.join(cwd, 'uas.xml'), answering.replace('RTP_PORT', String(port)));
    await writeFile(path.join(cwd, 'caller.raw'), encodeG711(0, speech(CALLER.name)));
    const before = new Set(engine.events.map(({ call }) => call));

    const sipPort = await freePort('127.0.0.1');
    const sipp = (args: readonly string[]): Promise<unknown[]> =>
      once(
        spawn('sipp', ['-i', '127.0.0.1', '-m', '1', '-timeout', '30', '-nostdin', ...args], { cwd }),
        'exit',
      );
    const uas = sipp(['-sf', 'uas.xml', '-p', String(sipPort)]);
    const uac = sipp([`127.0.0.1:${sipPort}`, '-sf', path.join(fixtures, 'uac.xml')]);

    const call = await until(
      'the call of SIPp',
      () => engine.events.find(({ call }) => !before.has(call))?.call,
    );
    expect(engine.all(call, 'call.started')[0]).toMatchObject({ codec: 'PCMU', ptime_ms: 20 });
    // The greeting it spoke over is cut; the answer comes while SIPp sends nothing any more.
    await engine.event(
      call,
      'bot.said',
      ({ heard, interrupted }) => heard === SCRIPTED_REPLY && !interrupted,
    );
    const heard = engine.all(call, 'stt.final').at(-1)?.text ?? '';
    expect(overlap(CALLER.name.words, heard), heard).toBeGreaterThanOrEqual(0.7);
    expect((await engine.event(call, 'call.ended')).reason).toBe('far end closed its port');
    expect([(await uas)[0], (await uac)[0]]).toEqual([0, 0]);
  });
});

function portOf(peer: string | undefined): number {
  return Number(peer?.split(':').at(-1));
}

/** From each value to the next, around the end of the numbers. */
function stepsOf(values: readonly number[], modulus: number): number[] {
  return values.slice(1).map((value, index) => (value - (values[index] ?? 0) + modulus) % modulus);
}

/**
 * A packet's worth of timestamps each, and a whole number of them in the few places where the machine stood still for
 * longer than a packet lasts: a stream that keeps to the clock does not catch up in a burst.
 */
function expectSteady(steps: readonly number[], samples: number): void {
  expect(steps.filter((step) => step === 0 || step % samples !== 0)).toEqual([]);
  expect(steps.filter((step) => step === samples).length).toBeGreaterThan(steps.length * 0.95);
}

/** The caller's RTP port: whoever first exchanged a datagram with `port`. */
async function callerPortIn(wire: string, port: number): Promise<number> {
  const [first] = await fields(wire, [], `udp.port == ${port}`, ['udp.srcport', 'udp.dstport']);
  return Number(first?.find((found) => Number(found) !== port));
}

async function fields(
  wire: string,
  decodeAs: readonly string[],
  filter: string,
  names: readonly string[],
): Promise<string[][]> {
  const decoding = decodeAs.flatMap((rule) => ['-d', rule]);
  const columns = names.flatMap((name) => ['-e', name]);
  const text = await output('tshark', ['-r', wire, ...decoding, '-Y', filter, '-T', 'fields', ...columns]);
  return text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
}

/** sox writes its statistics to stderr. */
async function statOf(wav: string): Promise<string> {
  return output('sh', ['-c', 'sox "$1" -n stat 2>&1', 'sh', wav]);
}
