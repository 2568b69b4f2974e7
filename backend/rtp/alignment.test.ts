import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encode } from '../audio/g711.ts';
import { EVENT_VERSION, type CallEventBody } from '../contract/events.ts';
import type { HeardFrame, HeardKind } from '../contract/party.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { seededRandom } from './seeded-random.ts';
import { Mapping } from '../trace/mapping.ts';
import { WavTrack } from '../trace/wav-track.ts';
import { AppendFile } from '../trace/append-file.ts';
import { Alignment } from './alignment.ts';

const PACKET = 160;
const CLICK = 28_000;
/** In the packet: beyond what a concealment before it may change. */
const CLICK_AT = 120;
const HOUR = 3600 * 8000;
const HEADER_BYTES = 44;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-alignment-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Network {
  readonly skewPpm: number;
  /** Chance of each packet. */
  readonly lost: number;
  readonly overtaken: number;
  readonly jitterMs: number;
}

interface Talker {
  /** Sends nothing in pauses. */
  readonly suppresses: boolean;
  /** Samples of speech and of pause, in turn. */
  readonly spurts: () => number;
  readonly pauses: () => number;
}

interface Click {
  readonly timestamp: number;
  /** Clock ms at which it was on the wire of a network without delay. */
  readonly at: number;
}

const speech = Array.from({ length: 16 }, (_, i) => payload(noise(i + 1)));
const clicks = speech.map((_, i) => payload(noise(i + 1).fill(CLICK, CLICK_AT, CLICK_AT + 1)));
const silence = new Uint8Array(PACKET).fill(0xff);

function noise(seed: number): Int16Array {
  const random = seededRandom(seed);
  return Int16Array.from({ length: PACKET }, () => Math.round((random() - 0.5) * 8000));
}

function payload(pcm: Int16Array): Uint8Array {
  const bytes = new Uint8Array(pcm.length);
  encode('PCMU', pcm, bytes);
  return bytes;
}

interface Arrival {
  at: number;
  sequence: number;
  timestamp: number;
  marker: boolean;
  payload: Uint8Array;
}

/** A far end that speaks for an hour; what came of it, in the order in which it came. */
function* hourOf(network: Network, talker: Talker, told: Click[], seed: number): Generator<Arrival> {
  const random = seededRandom(seed);
  const firstTimestamp = 0xffff_0000;
  const waiting: Arrival[] = [];
  let sequence = 65_000;
  let speaking = false;
  let changesAt = 0;
  let marker = true;
  for (let media = 0; media < HOUR; media += PACKET) {
    if (media >= changesAt) {
      speaking = !speaking;
      marker = speaking;
      changesAt = media + (speaking ? talker.spurts() : talker.pauses());
    }
    if (!speaking && talker.suppresses) continue;
    const timestamp = (firstTimestamp + media) >>> 0;
    // A packet comes when its last sample has been spoken, by the far end's clock.
    const clockMs = (samples: number): number => 20 + samples / 8 / (1 + network.skewPpm / 1e6);
    const sentAt = clockMs(media + PACKET);
    const lost = media > 0 && random() < network.lost;
    const clicked = speaking && !lost && random() < 0.02;
    if (clicked) told.push({ timestamp: (timestamp + CLICK_AT) >>> 0, at: clockMs(media + CLICK_AT) });
    const which = sequence % speech.length;
    const body = speaking ? (clicked ? clicks : speech)[which] : silence;
    const late = random() < network.overtaken ? 30 : network.jitterMs * random() ** 2;
    if (!lost) waiting.push({ at: sentAt + late, sequence, timestamp, marker, payload: body ?? silence });
    sequence = (sequence + 1) & 0xffff;
    marker = false;
    waiting.sort((a, b) => a.at - b.at);
    while (waiting[0] !== undefined && waiting[0].at <= sentAt) {
      const next = waiting.shift();
      if (next) yield next;
    }
  }
  yield* waiting;
}

/** Puts the hour through receive buffer, alignment and recording, as a call does. */
async function record(
  arrivals: Iterable<Arrival>,
): Promise<{ pcm: Int16Array; mapping: Mapping; steps: number }> {
  const file = path.join(folder, 'caller.wav');
  const track = new WavTrack(new AppendFile(file, Promise.resolve(), () => expect.unreachable()), 8000);
  const alignment = new Alignment(0);
  const mapping = new Mapping();
  let steps = 0;
  const tell = (body: CallEventBody): void =>
    mapping.apply({ v: EVENT_VERSION, seq: 0, at: 0, call: 'a-call', ...body });
  const buffer = new ReceiveBuffer({
    onFrame: (frame) => {
      if (alignment.follow(frame)) {
        steps += 1;
        tell({ type: 'caller.aligned', offset: alignment.offset, from: frame.position });
      }
      track.write(frame.pcm, frame.position + alignment.offset);
    },
    onSource: () => expect.unreachable(),
    onMapped: (ssrc, rtp_timestamp, position) =>
      tell({ type: 'rtp.mapped', stream: 'caller', ssrc, rtp_timestamp, position }),
  });
  let now = 0;
  let flushAt = 0;
  for (const { at, ...packet } of arrivals) {
    for (; now + 10 <= at; now += 10) buffer.advance(now);
    buffer.push({ ...packet, ssrc: 7, codec: 'PCMU' }, at);
    if (now < flushAt) continue;
    flushAt = now + 30_000;
    await track.flush();
  }
  await track.close();
  const bytes = await readFile(file);
  const start = bytes.byteOffset + HEADER_BYTES;
  const pcm = new Int16Array(bytes.buffer.slice(start, start + bytes.length - HEADER_BYTES));
  return { pcm, mapping, steps };
}

/** Where the mapping says that a timestamp stands; null: nothing was told of it. */
function sampleOf(mapping: Mapping, timestamp: number): number | null {
  const before = mapping.points.findLast((point) => ((timestamp - point.rtp_timestamp) | 0) >= 0);
  return before ? before.sample + ((timestamp - before.rtp_timestamp) | 0) : null;
}

const seconds = (least: number, most: number, seed: number): (() => number) => {
  const random = seededRandom(seed);
  return () => PACKET * Math.round(50 * (least + (most - least) * random()));
};
const conversation = { spurts: seconds(0.5, 8, 1), pauses: seconds(0.3, 12, 2) };

describe('an hour of a far end', () => {
  it.each([
    { skewPpm: 100, suppresses: false },
    { skewPpm: -100, suppresses: false },
    { skewPpm: 100, suppresses: true },
    { skewPpm: -100, suppresses: true },
  ])('$skewPpm ppm off, suppression $suppresses, with loss, jitter and reordering', async (one) => {
    const told: Click[] = [];
    const network = { skewPpm: one.skewPpm, lost: 0.02, overtaken: 0.01, jitterMs: 15 };
    const talker = { ...conversation, suppresses: one.suppresses };
    const { pcm, mapping, steps } = await record(hourOf(network, talker, told, 11));
    let worstMs = 0;
    const missing = told.filter(({ timestamp, at }) => {
      const sample = sampleOf(mapping, timestamp) ?? NaN;
      worstMs = Math.max(worstMs, Math.abs(sample / 8 - at));
      return !(Math.abs((pcm[sample] ?? 0) - CLICK) < 1000);
    });
    expect(told.length).toBeGreaterThan(500);
    expect(missing).toEqual([]);
    // By our clock: never farther off than what is put right even in speech.
    expect(worstMs).toBeLessThan(20);
    // 360 ms in an hour, in steps of 5 ms and more.
    expect(steps).toBeGreaterThan(10);
    expect(steps).toBeLessThan(100);
    expect(Math.abs(pcm.length / 8 - 3_600_000)).toBeLessThan(20_000);
  });

  it.each([100, -100])('%i ppm off that never falls silent is followed in larger steps', async (skewPpm) => {
    const told: Click[] = [];
    const network = { skewPpm, lost: 0, overtaken: 0, jitterMs: 5 };
    const talker = { spurts: () => 2 * HOUR, pauses: () => 0, suppresses: false };
    const { pcm, mapping, steps } = await record(hourOf(network, talker, told, 12));
    const found = told.filter(({ timestamp, at }) => {
      const sample = sampleOf(mapping, timestamp) ?? NaN;
      expect(Math.abs(sample / 8 - at)).toBeLessThan(21);
      return Math.abs((pcm[sample] ?? 0) - CLICK) < 1000;
    });
    // What an overlap drops is gone: 360 ms of an hour where the far end's clock is fast.
    expect(found.length).toBeGreaterThan(told.length * 0.999);
    expect(steps).toBeLessThan(25);
  });

  it('whose clock is ours needs no step', async () => {
    const network = { skewPpm: 0, lost: 0.02, overtaken: 0.01, jitterMs: 15 };
    const { steps } = await record(hourOf(network, { ...conversation, suppresses: false }, [], 13));
    expect(steps).toBeLessThanOrEqual(2);
  });
});

describe('Alignment', () => {
  const LOUD = noise(1);
  const frame = (
    position: number,
    endsAt: number,
    kind: HeardKind = 'packet',
    pcm: Int16Array = LOUD,
  ): HeardFrame => ({ pcm, position, endsAt, kind });

  it('begins where the first frame was on the wire, and never before the call', () => {
    const alignment = new Alignment(1000);
    expect(alignment.offset).toBeNaN();
    expect(alignment.follow(frame(0, 1050))).toBe(true);
    expect(alignment.offset).toBe(240);
    const early = new Alignment(1000);
    early.follow(frame(0, 1005));
    expect(early.offset).toBe(0);
  });

  /** Frames of 20 ms one after the other, each on the wire `lateMs` after its place on the track. */
  function hear(
    alignment: Alignment,
    from: number,
    count: number,
    lateMs: number,
    pcm: Int16Array,
  ): number[] {
    return Array.from({ length: count }, (_, i) => {
      const position = from + i * PACKET;
      alignment.follow(frame(position, (position + PACKET) / 8 + lateMs, 'packet', pcm));
      return alignment.offset;
    });
  }

  it('does not take one late packet for drift', () => {
    const alignment = new Alignment(0);
    hear(alignment, 0, 100, 0, LOUD);
    hear(alignment, 100 * PACKET, 10, 40, new Int16Array(PACKET));
    expect(new Set(hear(alignment, 110 * PACKET, 100, 1, LOUD))).toEqual(new Set([0]));
  });

  it('waits two seconds for a pause, then makes a large hole in speech, and a small one never', () => {
    const alignment = new Alignment(0);
    hear(alignment, 0, 100, 0, LOUD);
    const offsets = hear(alignment, 100 * PACKET, 150, 40, LOUD);
    expect(offsets.indexOf(320)).toBe(99);
    expect(new Set(hear(alignment, 250 * PACKET, 500, 55, LOUD))).toEqual(new Set([320]));
    expect(hear(alignment, 750 * PACKET, 1, 55, new Int16Array(PACKET))).toEqual([440]);
  });

  it('drops no more in a pause than the pause', () => {
    const alignment = new Alignment(0);
    hear(alignment, 0, 100, 100, LOUD);
    hear(alignment, 100 * PACKET, 60, 50, LOUD);
    // 400 samples too late: two and a half packets.
    expect(hear(alignment, 160 * PACKET, 4, 50, new Int16Array(PACKET))).toEqual([640, 480, 400, 400]);
  });
});
