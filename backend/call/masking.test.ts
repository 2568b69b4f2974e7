import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dtmfTone } from '../audio/dtmf-testing.ts';
import { DtmfToneDetector } from '../audio/dtmf-tones.ts';
import { decode, encode, type Codec } from '../audio/g711.ts';
import { readWav } from '../audio/wav.ts';
import { RtpPacket, parseRtp, writeRtpHeader } from '../rtp/packet.ts';
import { codecOf, payloadTypeOf } from '../rtp/payload-types.ts';
import { PcapFlow } from '../rtp/pcap.ts';
import { ReceiveBuffer } from '../rtp/receive-buffer.ts';
import { seededRandom } from '../rtp/seeded-random.ts';
import { DtmfMask, MASKED_EVENT } from './masking.ts';

const speech = readWav(readFileSync(new URL('../rtp/fixtures/jfk-8k.wav', import.meta.url))).pcm;
const CALLER_SSRC = 7;
const OUR_SSRC = 9;
/** Where the caller's track stands in the call. */
const OFFSET = 4000;
const TICK_MS = 5;
/** At the call's end a key may have begun in so many samples. */
const UNJUDGED = 960;
const callerFlow = new PcapFlow({ address: '192.0.2.1', port: 4000 }, { address: '192.0.2.2', port: 10_000 });
const ourFlow = new PcapFlow({ address: '192.0.2.2', port: 10_000 }, { address: '192.0.2.1', port: 4000 });

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Speech with a card's digits pressed in it, and where they lie. */
function cardCall(toneMs = 80, pauseMs = 60): { pcm: Int16Array; tones: Stretch[] } {
  const pcm = Int16Array.from(speech);
  const tones: Stretch[] = [];
  let at = 16_057;
  for (const key of '4929123456781234#') {
    const tone = dtmfTone(key, { ms: toneMs, edgeMs: 2 });
    pcm.fill(0, at - 400, at + tone.length + 400);
    pcm.set(tone, at);
    tones.push({ from: at, to: at + tone.length });
    at += tone.length + pauseMs * 8;
  }
  return { pcm, tones };
}

interface Arrival {
  readonly at: number;
  readonly datagram: Uint8Array;
}

interface Sent {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc?: number;
}

function datagramOf({ payloadType, sequence, timestamp, ssrc = CALLER_SSRC }: Sent, payload: Uint8Array) {
  const datagram = new Uint8Array(12 + payload.length);
  writeRtpHeader(datagram, payloadType, false, sequence & 0xffff, timestamp >>> 0, ssrc);
  datagram.set(payload, 12);
  return datagram;
}

const TIMESTAMP = 0xffff_f000;

/** `pcm` in packets, each as its last sample has been spoken. */
function packets(pcm: Int16Array, codec: Codec = 'PCMU', ptimeMs = 20): Arrival[] {
  const samples = ptimeMs * 8;
  return Array.from({ length: Math.floor(pcm.length / samples) }, (_, i) => {
    const payload = new Uint8Array(samples);
    encode(codec, pcm.subarray(i * samples, (i + 1) * samples), payload);
    const sent = {
      payloadType: payloadTypeOf(codec),
      sequence: 65_000 + i,
      timestamp: TIMESTAMP + i * samples,
    };
    return { at: 1000 + (i + 1) * ptimeMs, datagram: datagramOf(sent, payload) };
  });
}

interface Recorded {
  /** By sample since the call's start. */
  readonly caller: Int16Array;
  readonly datagrams: { readonly flow: PcapFlow; readonly micros: number; readonly bytes: Uint8Array }[];
}

/** What is recorded of a call, to which `arrivals` come in their order. */
function record(arrivals: readonly Arrival[], length: number): Recorded {
  const caller = new Int16Array(length + OFFSET);
  const datagrams: Recorded['datagrams'] = [];
  let written = OFFSET;
  const mask = new DtmfMask({
    caller: (pcm, sample) => {
      expect(sample).toBe(written);
      written += pcm.length;
      caller.set(pcm.subarray(0, Math.max(0, caller.length - sample)), Math.min(sample, caller.length));
    },
    datagram: (flow, micros, datagram) => datagrams.push({ flow, micros, bytes: datagram.slice() }),
  });
  const buffer = new ReceiveBuffer({
    onFrame: (frame) => mask.caller(frame, frame.position + OFFSET),
    onSource: () => undefined,
    onMapped: (ssrc, timestamp, position) => mask.mapped('caller', ssrc, timestamp, position),
  });
  mask.mapped('bot', OUR_SSRC, 0, 0);
  const packet = new RtpPacket();
  let now = 1000;
  for (const { at, datagram } of arrivals) {
    for (; now + TICK_MS < at; now += TICK_MS) {
      buffer.advance(now);
      mask.advance(now);
    }
    // As RtpLeg does: on the wire first, then on the track.
    const fault = parseRtp(datagram, packet);
    mask.datagram(packet.ssrc === OUR_SSRC ? ourFlow : callerFlow, at * 1000, at, datagram);
    if (fault || packet.ssrc === OUR_SSRC) continue;
    const { sequence, timestamp, ssrc, marker } = packet;
    const codec = codecOf(packet.payloadType) ?? 'none';
    buffer.push({ sequence, timestamp, ssrc, marker, codec, payload: datagram.subarray(12) }, at);
  }
  mask.close();
  return { caller, datagrams };
}

/** The caller's audio as the capture has it, each packet at the place its timestamp says; what is missing is 0. */
function audioOfCapture({ datagrams }: Recorded, length: number): Int16Array {
  const pcm = new Int16Array(length);
  for (const { bytes } of datagrams) {
    const packet = new RtpPacket();
    parseRtp(bytes, packet);
    const codec = codecOf(packet.payloadType);
    const at = (packet.timestamp - TIMESTAMP) | 0;
    if (codec === null || packet.ssrc !== CALLER_SSRC || at < 0 || at >= length) continue;
    decode(codec, bytes.subarray(12), pcm.subarray(at, at + bytes.length - 12));
  }
  return pcm;
}

function keysIn(pcm: Int16Array): string[] {
  const keys: string[] = [];
  new DtmfToneDetector((_from, _to, key, certain) => certain && keys.push(key)).hear(pcm, 0);
  return keys;
}

/** What is to be heard of the stretches at all: the loudest sample. */
function loudestIn(pcm: Int16Array, stretches: readonly Stretch[]): number {
  return Math.max(...stretches.flatMap(({ from, to }) => [...pcm.subarray(from, to)].map(Math.abs)));
}

/** How many of the samples outside the tones and their surroundings are as they were sent. */
function kept(
  pcm: Int16Array,
  original: Int16Array,
  tones: readonly Stretch[],
  codec: Codec = 'PCMU',
): number {
  const wire = new Uint8Array(original.length);
  const expected = new Int16Array(original.length);
  encode(codec, original, wire);
  decode(codec, wire, expected);
  let same = 0;
  let all = 0;
  for (const [i, sample] of expected.subarray(0, -UNJUDGED).entries()) {
    if (tones.some(({ from, to }) => i >= from - 600 && i < to + 600) || sample === 0) continue;
    all += 1;
    if (pcm[i] === sample) same += 1;
  }
  return same / all;
}

describe('tones in the audio', () => {
  it.each([
    ['PCMU', 20, 80, 60],
    ['PCMA', 20, 80, 60],
    ['PCMU', 10, 40, 40],
    ['PCMU', 30, 50, 50],
    ['PCMA', 60, 100, 30],
  ] as const)('are silenced: %s, %i ms a packet, keys of %i ms', (codec, ptimeMs, toneMs, pauseMs) => {
    const { pcm, tones } = cardCall(toneMs, pauseMs);
    expect(new Set(keysIn(pcm))).toEqual(new Set('4929123456781234#'));
    const recorded = record(packets(pcm, codec, ptimeMs), pcm.length);
    const caller = recorded.caller.subarray(OFFSET);
    const capture = audioOfCapture(recorded, pcm.length);
    for (const audio of [caller, capture]) {
      expect(keysIn(audio)).toEqual([]);
      // A-law has no zero: its silence is 8.
      expect(loudestIn(audio, tones)).toBeLessThanOrEqual(8);
      expect(kept(audio, pcm, tones, codec)).toBeGreaterThan(0.98);
    }
  });

  it('are silenced also where packets are lost, overtake each other, come twice or too late', () => {
    const { pcm, tones } = cardCall();
    const random = seededRandom(5);
    const arrivals = packets(pcm).flatMap((arrival): Arrival[] => {
      const luck = random();
      if (luck < 0.05) return [];
      if (luck < 0.1) return [{ ...arrival, at: arrival.at + 30 }];
      if (luck < 0.15) return [{ ...arrival, at: arrival.at + 200 }];
      if (luck < 0.18) return [{ ...arrival, at: arrival.at + 900 }];
      if (luck < 0.25) return [arrival, { ...arrival, at: arrival.at + 70 }];
      return [arrival];
    });
    arrivals.sort((a, b) => a.at - b.at);
    const recorded = record(arrivals, pcm.length);
    expect(recorded.datagrams).toHaveLength(arrivals.length);
    for (const { bytes } of recorded.datagrams) {
      const packet = new RtpPacket();
      parseRtp(bytes, packet);
      const at = (packet.timestamp - TIMESTAMP) | 0;
      for (const { from, to } of tones) {
        for (let i = Math.max(from, at); i < Math.min(to, at + 160); i++)
          expect(bytes[12 + i - at]).toBe(0xff);
      }
    }
    expect(keysIn(recorded.caller)).toEqual([]);
    expect(kept(audioOfCapture(recorded, pcm.length), pcm, tones)).toBeGreaterThan(0.7);
  });

  it('leave speech without keys as it was, but for the last 120 ms, in which one may have begun', () => {
    const recorded = record(packets(speech), speech.length);
    expect(kept(recorded.caller.subarray(OFFSET), speech, [])).toBe(1);
    expect(kept(audioOfCapture(recorded, speech.length), speech, [])).toBe(1);
  });
});

describe('the capture', () => {
  const event = (code: number, duration: number): Uint8Array =>
    Uint8Array.of(code, 10, duration >> 8, duration & 0xff);

  it('keeps the order and the times of all packets, while audio waits to be judged', () => {
    const { pcm } = cardCall();
    const ours = packets(pcm).map(({ at, datagram }) => {
      const copy = datagram.slice();
      copy[11] = OUR_SSRC;
      return { at: at + 7, datagram: copy };
    });
    const arrivals = [...packets(pcm), ...ours].sort((a, b) => a.at - b.at);
    const { datagrams } = record(arrivals, pcm.length);
    expect(datagrams.map(({ micros }) => micros)).toEqual(arrivals.map(({ at }) => at * 1000));
    expect(datagrams.map(({ flow }) => flow === ourFlow)).toEqual(
      arrivals.map(({ datagram }) => datagram[11] === OUR_SSRC),
    );
    // What we say is no secret of the caller's.
    const said = datagrams.filter(({ flow }) => flow === ourFlow).map(({ bytes }) => bytes);
    expect(said).toEqual(ours.map(({ datagram }) => datagram));
  });

  it.each([CALLER_SSRC, OUR_SSRC])(
    'has no codes of keys, sent by SSRC %i: only when and how long',
    (ssrc) => {
      const sent = [101, 97].map((payloadType, i) =>
        datagramOf({ payloadType, sequence: i, timestamp: 160, ssrc }, event(7, 160 * (i + 1))),
      );
      const { datagrams } = record(
        sent.map((datagram, i) => ({ at: 1000 + 20 * i, datagram })),
        0,
      );
      expect(datagrams.map(({ bytes }) => bytes.subarray(12))).toEqual([
        event(MASKED_EVENT, 160),
        event(MASKED_EVENT, 320),
      ]);
    },
  );

  it('has several events in one packet all masked', () => {
    const payload = Uint8Array.of(...event(1, 160), ...event(2, 160), ...event(3, 160));
    const datagram = datagramOf({ payloadType: 101, sequence: 1, timestamp: 0 }, payload);
    const { datagrams } = record([{ at: 1000, datagram }], 0);
    expect([12, 16, 20].map((at) => datagrams[0]?.bytes[at])).toEqual([255, 255, 255]);
  });

  it('has nothing of what cannot be examined: another codec, another source, half a packet', () => {
    const secret = new Uint8Array(160).fill(42);
    const sent = [
      datagramOf({ payloadType: 18, sequence: 1, timestamp: 0 }, secret),
      datagramOf({ payloadType: 0, sequence: 1, timestamp: 0, ssrc: 99 }, secret),
      secret,
    ];
    const { datagrams } = record(
      [...packets(speech).slice(0, 50), ...sent.map((datagram) => ({ at: 2010, datagram }))],
      8000,
    );
    expect(datagrams).toHaveLength(53);
    for (const { bytes } of datagrams.slice(50)) expect(bytes.subarray(12)).not.toContain(42);
  });

  it('goes on when more comes than can be held', () => {
    const flood = Array.from({ length: 2000 }, (_, i) => ({
      at: 1000,
      datagram: datagramOf(
        { payloadType: 0, sequence: i * 7000, timestamp: i, ssrc: i },
        new Uint8Array(160),
      ),
    }));
    expect(record(flood, 0).datagrams).toHaveLength(2000);
  });
});
