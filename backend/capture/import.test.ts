import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { RtpPacket } from 'rtp.js/packets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWav } from '../audio/wav.ts';
import { decodeMulaw, encodeMulaw } from '../bench/mulaw.ts';
import type { CallEvent } from '../contract/events.ts';
import { buildRtcp } from '../rtp/rtcp.ts';
import { PcapFlow, pcapHeader, type Endpoint } from '../rtp/pcap.ts';
import { openTrace, type Trace } from '../trace/read.ts';
import { verifyTrace } from '../trace/verify.ts';
import { importCapture } from './import.ts';
import { CaptureFile } from './pcap-file.ts';

const FIXTURES = path.join(import.meta.dirname, 'fixtures');
const PHONE = { address: '192.0.2.1', port: 4000 };
const BOT = { address: '198.51.100.2', port: 10_000 };
const START_MICROS = 1_700_000_000_000_000;
const OPTIONS = { id: 'imported', sidetone: '0.0.0', choice: { caller: null, bot: null } };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const traces = (): string => path.join(folder, 'traces');

async function imported(file: string): Promise<Trace> {
  const { dir } = await importCapture(file, traces(), OPTIONS);
  const trace = await openTrace(dir);
  expect(trace.problems).toEqual([]);
  // Its own hashes, events, and every packet of wire.pcap where the mapping puts it in the WAVs.
  expect(await verifyTrace(trace)).toEqual([]);
  return trace;
}

async function track(trace: Trace, side: 'caller' | 'bot'): Promise<Int16Array> {
  return readWav(await readFile(path.join(trace.dir, `${side}.wav`))).pcm;
}

function all<Type extends CallEvent['type']>(trace: Trace, type: Type): Extract<CallEvent, { type: Type }>[] {
  return trace.events.filter((event): event is Extract<CallEvent, { type: Type }> => event.type === type);
}

interface Sent {
  /** ms since the capture's first packet. */
  readonly at: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Uint8Array;
}

async function capture(sent: readonly Sent[]): Promise<string> {
  const records = sent
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, from, to, payload }) => {
      const record = Buffer.alloc(payload.length + 100);
      const length = new PcapFlow(from, to).write(record, 0, START_MICROS + at * 1000, payload);
      return record.subarray(0, length);
    });
  const file = path.join(folder, 'capture.pcap');
  await writeFile(file, Buffer.concat([pcapHeader(), ...records]));
  return file;
}

interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly type?: number;
  readonly marker?: boolean;
  readonly payload: Uint8Array;
}

/** By rtp.js. */
function rtp({ sequence, timestamp, ssrc, type = 0, marker = false, payload }: Packet): Uint8Array {
  const packet = new RtpPacket();
  packet.setPayloadType(type);
  packet.setSequenceNumber(sequence);
  packet.setTimestamp(timestamp);
  packet.setSsrc(ssrc);
  packet.setMarker(marker);
  packet.setPayload(new DataView(payload.buffer, payload.byteOffset, payload.byteLength));
  packet.serialize();
  const view = packet.getView();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** No two packets alike. */
function sound(seed: number): Uint8Array {
  return Uint8Array.from({ length: 160 }, (_, i) => encodeMulaw(((i * 37 + seed * 501) % 4000) + 2000));
}

const speech = (count: number, ssrc: number, { from, to }: Pick<Sent, 'from' | 'to'>, startsAt = 0): Sent[] =>
  Array.from({ length: count }, (_, i) => ({
    at: startsAt + i * 20,
    from,
    to,
    payload: rtp({ sequence: 100 + i, timestamp: 4000 + i * 160, ssrc, payload: sound(i + ssrc) }),
  }));
const THERE = { from: PHONE, to: BOT };
const BACK = { from: BOT, to: PHONE };

describe('importCapture', () => {
  it("makes a trace of SIPp's call: each sample where its packet was on the wire", async () => {
    const trace = await imported(path.join(FIXTURES, 'call.pcapng'));
    expect(trace.state).toBe('complete');
    expect(trace.manifest).toMatchObject({
      origin: 'import',
      peer: '127.0.0.1:7300',
      codec: 'PCMU',
      ptime_ms: 20,
      bot: null,
      ended: 'the capture ends',
    });
    const rows = (await readFile(path.join(FIXTURES, 'call.pcapng.tsv'), 'utf8')).trim().split('\n');
    const media = rows.filter((row) => /\b7[23]00\t.*\b7[23]00\t/.test(row));
    expect(media).toHaveLength(50);
    const firstMicros = Number(media[0]?.split('\t')[0]);
    // The first packet's own 20 ms come before its arrival.
    expect(trace.manifest?.clock.wall_ms).toBeCloseTo(firstMicros / 1000 - 20, 2);

    const [caller, bot] = [await track(trace, 'caller'), await track(trace, 'bot')];
    const spoken: number[] = [];
    let firstBack = 0;
    for await (const batch of new CaptureFile(path.join(trace.dir, 'wire.pcap')).batches()) {
      for (const { from, payload, epochMicros } of batch) {
        if (from.port === 7300) spoken.push(...Array.from(payload.subarray(12), decodeMulaw));
        else firstBack ||= epochMicros;
      }
    }
    expect(spoken).toHaveLength(25 * 160);
    expect(Array.from(caller.subarray(0, 4000))).toEqual(spoken);
    // The echo can first be heard as its packet is on the wire.
    const heardFrom = Math.round(((firstBack - firstMicros) / 1000 + 20) * 8);
    expect(Array.from(bot.subarray(heardFrom, heardFrom + 4000))).toEqual(spoken);
    expect(bot.subarray(0, heardFrom).every((sample) => sample === 0)).toBe(true);
  });

  it('writes both streams and their reports with the times of the capture, and nothing else', async () => {
    const report = buildRtcp({ ssrc: 1, cname: 'x', epochMs: 0, sender: null, blocks: [], bye: null });
    const next = (end: Endpoint): Endpoint => ({ ...end, port: end.port + 1 });
    const call = [...speech(50, 1, THERE), ...speech(50, 2, BACK, 7.5)];
    const reports = [
      { at: 333, from: next(PHONE), to: next(BOT), payload: report },
      { at: 444, from: BOT, to: PHONE, payload: report },
    ];
    const others = [
      ...speech(12, 9, { from: PHONE, to: { ...BOT, port: 12_000 } }),
      { at: 100, from: PHONE, to: BOT, payload: Uint8Array.of(1, 2, 3) },
      {
        at: 120,
        from: PHONE,
        to: BOT,
        payload: rtp({ sequence: 1, timestamp: 1, ssrc: 77, payload: sound(1) }),
      },
    ];
    const trace = await imported(await capture([...call, ...reports, ...others]));
    const rows: string[] = [];
    for await (const batch of new CaptureFile(path.join(trace.dir, 'wire.pcap')).batches())
      for (const { epochMicros, from, payload } of batch)
        rows.push(`${epochMicros - START_MICROS} ${from.port} ${Buffer.from(payload).toString('hex')}`);
    const expected = [...call, ...reports]
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, from, payload }) => `${at * 1000} ${from.port} ${Buffer.from(payload).toString('hex')}`);
    expect(rows).toEqual(expected);
    expect(all(trace, 'rtp.stats').at(-1)?.stats).toMatchObject({ received: 50, sent: 50, lost: 0 });
  });

  it('conceals loss, sorts what was overtaken, and tells of it', async () => {
    const there = speech(60, 1, THERE).filter((_, i) => i !== 20 && i !== 21);
    const overtaken = there.map((sent, i) => (i === 40 ? { ...sent, at: sent.at + 25 } : sent));
    const trace = await imported(await capture([...overtaken, ...speech(60, 2, BACK, 7.5)]));
    expect(all(trace, 'rtp.concealed')).toMatchObject([{ from: 3200, to: 3520 }]);
    expect(all(trace, 'rtp.stats').at(-1)?.stats).toMatchObject({ lost: 2, reordered: 1, concealed_ms: 40 });
  });

  it("hears both sides' digits, of a source of their own too", async () => {
    const pressed = (
      ends: Pick<Sent, 'from' | 'to'>,
      ssrc: number,
      sequence: number,
      at: number,
      digit: number,
    ): Sent[] =>
      [160, 320, 480, 640, 640, 640].map((duration, i) => {
        const payload = Uint8Array.of(digit, i >= 3 ? 0x8a : 10, duration >> 8, duration & 0xff);
        const packet = {
          sequence: sequence + i,
          timestamp: 4000 + at * 8,
          ssrc,
          type: 101,
          marker: i === 0,
          payload,
        };
        return { ...ends, at: at + i * 20 + 1, payload: rtp(packet) };
      });
    const trace = await imported(
      await capture([
        ...speech(60, 1, THERE),
        ...speech(60, 2, BACK, 7.5),
        ...pressed(THERE, 55, 7000, 300, 5),
        ...pressed(BACK, 66, 9000, 600, 11),
      ]),
    );
    expect(all(trace, 'dtmf.received')).toMatchObject([{ digit: '5', duration_ms: 80 }]);
    expect(all(trace, 'dtmf.sent')).toMatchObject([{ digit: '#', duration_ms: 80 }]);
    expect(all(trace, 'rtp.stats').at(-1)?.stats.lost).toBe(0);
  });

  it('keeps silence where nothing was sent for minutes', async () => {
    const there = [...speech(30, 1, THERE), ...speech(30, 3, THERE, 240_000)];
    const back = [...speech(30, 2, BACK, 7.5), ...speech(30, 4, BACK, 240_000)];
    const trace = await imported(await capture([...there, ...back]));
    const caller = await track(trace, 'caller');
    expect(caller.length / 8).toBeGreaterThan(240_500);
    expect(caller.subarray(8000, 239_900 * 8).every((sample) => sample === 0)).toBe(true);
    expect(Array.from(caller.subarray(240_000 * 8, 240_000 * 8 + 160))).toEqual(
      Array.from(sound(3), decodeMulaw),
    );
    expect(all(trace, 'rtp.source_changed')).toHaveLength(1);
  });

  it('leaves nothing behind when there is nothing to import', async () => {
    const file = path.join(folder, 'not.pcap');
    await writeFile(file, 'hello');
    await expect(importCapture(file, traces(), OPTIONS)).rejects.toMatchObject({ kind: 'usage' });
    const oneWay = await capture(speech(50, 1, THERE));
    await expect(importCapture(oneWay, traces(), OPTIONS)).rejects.toMatchObject({ kind: 'usage' });
    await expect(readdir(traces())).rejects.toThrow('ENOENT');
  });

  it('leaves nothing behind when the disk is full', async () => {
    const dir = path.join(traces(), OPTIONS.id);
    await mkdir(dir, { recursive: true });
    await symlink('/dev/full', path.join(dir, 'caller.wav'));
    const file = await capture([...speech(50, 1, THERE), ...speech(50, 2, BACK, 7.5)]);
    await expect(importCapture(file, traces(), OPTIONS)).rejects.toThrow(
      /^the trace could not be written: the disk is full$/,
    );
    expect(await readdir(traces())).toEqual([]);
  });
});
