import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Codec, decode, encode } from '../audio/g711.ts';
import { rmsDbfs } from '../audio/level.ts';
import { readWav } from '../audio/wav.ts';
import { ManualClock } from '../base/clock.ts';
import type { HeardKind } from '../contract/party.ts';
import type { CallerPacket } from './held-packets.ts';
import { ReceiveBuffer } from './receive-buffer.ts';

const speech = readWav(readFileSync(new URL('fixtures/jfk-8k.wav', import.meta.url))).pcm;
const TICK_MS = 5;

/** A packet and the clock ms at which it comes. */
type Arrival = CallerPacket & { at: number };

interface SenderOptions {
  packets?: number;
  ptimeMs?: number;
  codec?: Codec;
  sequence?: number;
  timestamp?: number;
  ssrc?: number;
  startAt?: number;
  /** Of the sender's clock against ours: positive is fast. */
  skewPpm?: number;
}

/** A stream over a network without delay: a packet comes when its last sample has been spoken. */
function stream(options: SenderOptions = {}): Arrival[] {
  const { packets = 100, ptimeMs = 20, codec = 'PCMU', sequence = 1000, timestamp = 160, ssrc = 7 } = options;
  const { startAt = 100, skewPpm = 0 } = options;
  const samples = ptimeMs * 8;
  return Array.from({ length: packets }, (_, i) => {
    const from = (i * samples) % (speech.length - samples);
    const payload = new Uint8Array(samples);
    encode(codec, speech.subarray(from, from + samples), payload);
    return {
      sequence: (sequence + i) & 0xffff,
      timestamp: (timestamp + i * samples) >>> 0,
      ssrc,
      marker: i === 0,
      codec,
      payload,
      at: startAt + ((i + 1) * ptimeMs) / (1 + skewPpm / 1e6),
    };
  });
}

/** The same stream with a pause of the speaker before packet `index`: later, and with later timestamps. */
function withPause(arrivals: readonly Arrival[], index: number, ms: number, timestampMs = ms): Arrival[] {
  return arrivals.map((arrival, i) =>
    i < index
      ? arrival
      : {
          ...arrival,
          at: arrival.at + ms,
          timestamp: (arrival.timestamp + timestampMs * 8) >>> 0,
          marker: i === index,
        },
  );
}

function nth<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`there is no item ${index}`);
  return item;
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Heard {
  position: number;
  samples: number;
  endsAt: number;
  kind: HeardKind;
  /** Clock ms of delivery. */
  at: number;
}

/** A receive buffer with a clock, which is advanced every 5 ms, and all that came out. */
class Listener {
  readonly clock = new ManualClock();
  readonly frames: Heard[] = [];
  readonly sources: string[] = [];
  readonly mapped: { ssrc: number; timestamp: number; position: number }[] = [];
  readonly track: number[] = [];
  readonly buffer = new ReceiveBuffer({
    onFrame: (frame) => {
      // The rules of every track: no holes, time does not run back, nothing is heard before it was on the wire.
      if (frame.position !== this.track.length) throw new Error(`hole at ${frame.position}`);
      if (frame.endsAt < (this.frames.at(-1)?.endsAt ?? -Infinity)) throw new Error('time runs back');
      if (!(frame.endsAt <= this.clock.now() + 1e-6)) throw new Error('heard before it was on the wire');
      for (const sample of frame.pcm) this.track.push(sample);
      const { position, endsAt, kind } = frame;
      this.frames.push({ position, samples: frame.pcm.length, endsAt, kind, at: this.clock.now() });
    },
    onSource: (ssrc, reason) => this.sources.push(`${reason} ${ssrc}`),
    onMapped: (ssrc, timestamp, position) => this.mapped.push({ ssrc, timestamp, position }),
  });

  hear(arrivals: readonly Arrival[], lingerMs = 0): this {
    const inOrder = arrivals.toSorted((a, b) => a.at - b.at);
    for (const arrival of inOrder) {
      this.wait(arrival.at);
      this.buffer.push(arrival, arrival.at);
    }
    this.wait(this.clock.now() + lingerMs);
    return this;
  }

  wait(until: number): void {
    for (;;) {
      const tick = (Math.floor(this.clock.now() / TICK_MS) + 1) * TICK_MS;
      if (tick > until) break;
      this.clock.advance(tick - this.clock.now());
      this.buffer.advance(this.clock.now());
    }
    this.clock.advance(Math.max(0, until - this.clock.now()));
  }

  of(kind: HeardKind): Heard[] {
    return this.frames.filter((frame) => frame.kind === kind);
  }

  ms(kind: HeardKind): number {
    return this.of(kind).reduce((sum, frame) => sum + frame.samples, 0) / 8;
  }

  pcm(from: number, length: number): Int16Array {
    return Int16Array.from(this.track.slice(from, from + length));
  }
}

function decoded(packet: CallerPacket): Int16Array {
  const out = new Int16Array(packet.payload.length);
  if (packet.codec === 'PCMU' || packet.codec === 'PCMA') decode(packet.codec, packet.payload, out);
  return out;
}

/** Every packet's samples stand, unchanged, where its timestamp says. */
function expectMapped(listener: Listener, arrivals: readonly Arrival[]): void {
  const origin = arrivals[0]?.timestamp ?? 0;
  for (const arrival of arrivals) {
    const position = (arrival.timestamp - origin) >>> 0;
    expect(listener.pcm(position, arrival.payload.length)).toEqual(decoded(arrival));
  }
}

describe('an orderly stream', () => {
  it.each([10, 20, 30, 40, 60])('is heard as it was sent, without delay, at a ptime of %i ms', (ptimeMs) => {
    for (const codec of ['PCMU', 'PCMA'] as const) {
      const sent = stream({ ptimeMs, codec, packets: 60 });
      const listener = new Listener().hear(sent);
      expectMapped(listener, sent);
      expect(listener.track.length).toBe(60 * ptimeMs * 8);
      for (const [i, frame] of listener.frames.entries()) {
        expect(frame.kind).toBe('packet');
        expect(frame.at).toBe(sent[i]?.at);
        expect(frame.endsAt).toBeCloseTo(sent[i]?.at ?? 0, 6);
      }
    }
  });

  it('goes on over the wrap of sequence and timestamp', () => {
    const sent = stream({ sequence: 65530, timestamp: 0xffffffff - 500 });
    const listener = new Listener().hear(sent);
    expectMapped(listener, sent);
    expect(listener.track.length).toBe(100 * 160);
    expect(listener.sources).toEqual([]);
  });

  it('may change codec and ptime, and end in a short packet', () => {
    const long = stream({ packets: 10 });
    const short = stream({
      packets: 10,
      ptimeMs: 10,
      codec: 'PCMA',
      sequence: 1010,
      timestamp: 1760,
      startAt: 300,
    });
    const last = { ...nth(stream({ packets: 1, sequence: 1020, timestamp: 2560, startAt: 400 }), 0) };
    last.payload = last.payload.subarray(0, 138);
    const sent = [...long, ...short, last];
    const listener = new Listener().hear(sent);
    expectMapped(listener, sent);
    expect(listener.frames.every((frame) => frame.kind === 'packet')).toBe(true);
  });

  it('delivers in pieces what is longer than 60 ms, and drops what is absurd', () => {
    const sent = stream({ ptimeMs: 200, packets: 5 });
    const listener = new Listener().hear(sent);
    expectMapped(listener, sent);
    expect(Math.max(...listener.frames.map((frame) => frame.samples))).toBe(480);
    listener.buffer.push(
      { ...nth(sent, 4), sequence: 1005, payload: new Uint8Array(60_000) },
      listener.clock.now(),
    );
    expect(listener.buffer.counts.oversized).toBe(1);
  });
});

describe('a network with jitter', () => {
  it('changes neither samples nor the time they are said to be from', () => {
    const random = randomFrom(3);
    const sent = stream({ packets: 1000 });
    // In order, up to 40 ms late; each second some packet is not.
    let last = 0;
    const arrivals = sent.map((packet, i) => {
      last = Math.max(last, packet.at + (i % 50 === 0 ? 0 : 40 * random() ** 2));
      return { ...packet, at: last };
    });
    const listener = new Listener().hear(arrivals);
    expectMapped(listener, sent);
    expect(listener.ms('packet')).toBe(20_000);
    expect(listener.frames.length).toBe(1000);
    for (const [i, frame] of listener.frames.entries()) {
      expect(frame.at).toBe(arrivals[i]?.at);
      expect(Math.abs(frame.endsAt - (sent[i]?.at ?? 0))).toBeLessThan(0.01);
    }
  });

  it('puts reordered packets in order', () => {
    const random = randomFrom(4);
    const sent = stream({ packets: 1000, sequence: 65000 });
    const arrivals = sent.map((packet, i) => ({
      ...packet,
      at: packet.at + (i > 0 && random() < 0.1 ? 35 : 0),
    }));
    const listener = new Listener().hear(arrivals, 100);
    expectMapped(listener, sent);
    const { lost, late, reordered, concealedMs } = listener.buffer.counts;
    expect({ lost, late, concealedMs }).toEqual({ lost: 0, late: 0, concealedMs: 0 });
    expect(reordered).toBeGreaterThan(50);
  });

  it('drops duplicates, at once or later', () => {
    const sent = stream({ packets: 200 });
    const again = [
      ...sent.map((packet) => ({ ...packet })),
      ...sent.map((packet) => ({ ...packet, at: packet.at + 300 })),
    ];
    const listener = new Listener().hear([...sent, ...again].filter((packet) => packet.at < 4101));
    expectMapped(listener, sent);
    expect(listener.frames.length).toBe(200);
    expect(listener.buffer.counts.duplicated).toBeGreaterThan(350);
    expect(listener.sources).toEqual([]);
  });

  it('has no property but its track when all comes in time: any mixture of the above', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = randomFrom(seed);
      const ptimeMs = [10, 20, 30, 40, 60][seed % 5] ?? 20;
      let sent = stream({
        packets: 200,
        ptimeMs,
        sequence: Math.floor(random() * 65536),
        timestamp: Math.floor(random() * 2 ** 32),
        codec: seed % 2 ? 'PCMA' : 'PCMU',
        skewPpm: 400 * random() - 200,
      });
      for (let i = 20; i < 200; i += 60) sent = withPause(sent, i, 20 + Math.floor(random() * 150) * 20);
      const arrivals = sent.flatMap((packet, i) => {
        const late = { ...packet, at: packet.at + (i === 0 ? 0 : random() * 38) };
        return random() < 0.1 ? [late, { ...late, at: late.at + random() * 30 }] : [late];
      });
      const listener = new Listener().hear(arrivals, 100);
      expectMapped(listener, sent);
      expect(listener.buffer.counts).toMatchObject({
        lost: 0,
        late: 0,
        concealedMs: 0,
        shiftedMs: 0,
        stray: 0,
      });
    }
  });
});

describe('loss', () => {
  it('waits 40 ms for what is missing, then conceals it and says so', () => {
    const sent = stream({ packets: 100 });
    const arrivals = sent.filter((_, i) => i !== 50);
    const listener = new Listener().hear(arrivals, 100);
    expect(listener.track.length / 8).toBeGreaterThanOrEqual(2000);
    const concealed = listener.of('concealed');
    expect(concealed.map((frame) => [frame.position, frame.samples])).toEqual([
      [50 * 160, 80],
      [50 * 160 + 80, 80],
    ]);
    const waited = (concealed[0]?.at ?? 0) - nth(sent, 51).at;
    expect(waited).toBeGreaterThanOrEqual(40);
    expect(waited).toBeLessThanOrEqual(40 + TICK_MS);
    expect(concealed[1]?.endsAt).toBeCloseTo(nth(sent, 50).at, 6);
    expect(listener.buffer.counts).toMatchObject({ lost: 1, late: 0, concealedMs: 20 });
    // What comes after the blend is untouched.
    expect(listener.pcm(51 * 160 + 80, 80)).toEqual(decoded(nth(sent, 51)).slice(80));
    expectMapped(listener, [nth(sent, 0), ...sent.slice(52)]);
  });

  it('drops what comes after it was given up, once as late and then as a duplicate', () => {
    const sent = stream({ packets: 100 });
    const arrivals = sent.map((packet, i) => (i === 50 ? { ...packet, at: packet.at + 200 } : packet));
    arrivals.push({ ...nth(sent, 50), at: nth(sent, 50).at + 210 });
    const listener = new Listener().hear(arrivals);
    expect(listener.buffer.counts).toMatchObject({ lost: 0, late: 1, duplicated: 1, concealedMs: 20 });
    expect(listener.track.length).toBe(100 * 160);
  });

  it('keeps the mapping at any rate and pattern', () => {
    for (const rate of [0.01, 0.05, 0.1, 0.3, 0.7]) {
      const random = randomFrom(rate * 1000);
      const sent = stream({ packets: 500 });
      const came = sent.filter((_, i) => i === 0 || i === 499 || random() > rate);
      const listener = new Listener().hear(came, 45);
      const { lost, concealedMs, shiftedMs } = listener.buffer.counts;
      expect(lost).toBe(500 - came.length);
      expect(shiftedMs).toBe(0);
      expect(concealedMs + listener.ms('absent') + listener.ms('packet')).toBe(10_000);
      expect(concealedMs).toBeGreaterThan(0);
      // Frames of packets stand where they belong, whatever was made of the gaps between them.
      const positions = new Set(listener.of('packet').map((frame) => frame.position));
      expect(positions).toEqual(new Set(came.map((packet) => packet.timestamp - 160)));
    }
  });

  it('gives up at once when too much is waiting', () => {
    const sent = stream({ packets: 100 });
    const burst = sent.slice(11).map((packet) => ({ ...packet, at: 320 }));
    const listener = new Listener().hear([...sent.slice(0, 10), ...burst], 50);
    expect(listener.buffer.counts.lost).toBe(1);
    expectMapped(
      listener,
      sent
        .slice(12)
        .map((packet) => packet)
        .toSpliced(0, 0, nth(sent, 0)),
    );
  });
});

describe('skew', () => {
  it.each([-200, 200])('of %i ppm costs nothing in three hours', (skewPpm) => {
    const listener = new Listener();
    const packet = nth(stream(), 0);
    const random = randomFrom(5);
    const ptimeMs = 60;
    const count = (3 * 3600 * 1000) / ptimeMs;
    const payload = new Uint8Array(480).fill(0xff);
    const buffer = new ReceiveBuffer({
      onFrame: (frame) => {
        frames++;
        if (frame.kind !== 'packet') fillers++;
        worst = Math.max(worst, Math.abs(frame.endsAt - idealAt));
      },
      onSource: () => undefined,
      onMapped: () => undefined,
    });
    let frames = 0;
    let fillers = 0;
    let worst = 0;
    let idealAt = 0;
    for (let i = 0; i < count; i++) {
      idealAt = 1000 + ((i + 1) * ptimeMs) / (1 + skewPpm / 1e6);
      const arrivedAt = idealAt + (i % 10 === 0 ? 0 : 20 * random());
      for (let tick = idealAt - 35; tick <= idealAt - 5; tick += 15) buffer.advance(tick);
      buffer.push({ ...packet, payload, sequence: i & 0xffff, timestamp: (i * 480) >>> 0 }, arrivedAt);
    }
    expect(frames).toBe(count);
    expect(fillers).toBe(0);
    expect(buffer.position).toBe(count * 480);
    expect(buffer.counts.shiftedMs).toBe(0);
    expect(worst).toBeLessThan(1);
    expect(listener.sources).toEqual([]);
  });
});

describe('silence suppression', () => {
  it.each([0.1, 2.02, 60])('of %f s is filled with absence, by the clock and in place', (seconds) => {
    const ms = seconds * 1000;
    const sent = withPause(stream({ packets: 100 }), 50, ms);
    const listener = new Listener().hear(sent);
    expectMapped(listener, sent);
    expect(listener.ms('absent')).toBe(ms);
    expect(listener.buffer.counts).toMatchObject({ lost: 0, concealedMs: 0, shiftedMs: 0 });
    // While nothing comes the track runs 60 ms behind the clock, in frames of 10 ms.
    const byClock = listener.of('absent').filter((frame) => frame.at < nth(sent, 50).at);
    for (const frame of byClock) {
      expect(frame.at - frame.endsAt).toBeGreaterThanOrEqual(60);
      expect(frame.at - frame.endsAt).toBeLessThan(75 + TICK_MS);
    }
    expect(listener.of('packet')[50]?.at).toBe(sent[50]?.at);
    expect(listener.of('packet')[50]?.endsAt).toBeCloseTo(nth(sent, 50).at, 6);
  });

  it('rounds the end of the talk spurt off within 10 ms and is silent then', () => {
    const sent = withPause(stream({ packets: 100 }), 50, 1000);
    const listener = new Listener().hear(sent);
    expect(listener.pcm(50 * 160 + 80, 8000 - 80).every((sample) => sample === 0)).toBe(true);
  });

  it('goes on for ever when the far end is gone', () => {
    const listener = new Listener().hear(stream({ packets: 10 }), 10_000);
    expect(listener.ms('absent')).toBeGreaterThan(9900);
    expect(listener.clock.now() - (listener.frames.at(-1)?.endsAt ?? 0)).toBeLessThan(80);
  });

  it('is filled with the comfort noise that was described', () => {
    const talk = withPause(stream({ packets: 100 }), 50, 1000);
    const description = { ...nth(talk, 49), codec: 'CN' as const, payload: Uint8Array.of(45) };
    description.timestamp += 160;
    description.sequence += 1;
    description.at += 5;
    const sent = [
      ...talk.slice(0, 50),
      description,
      ...talk.slice(50).map((packet) => ({ ...packet, sequence: packet.sequence + 1 })),
    ];
    const listener = new Listener().hear(sent);
    expectMapped(listener, talk);
    expect(listener.ms('comfort')).toBe(1000);
    expect(listener.ms('absent')).toBe(0);
    expect(Math.abs(rmsDbfs(listener.pcm(50 * 160 + 800, 7000)) + 45)).toBeLessThan(1);
    expect(listener.of('packet')).toHaveLength(100);
  });

  it('is told from the loss of the first packet of the next talk spurt', () => {
    const sent = withPause(stream({ packets: 100 }), 50, 1000);
    const listener = new Listener().hear(
      sent.filter((_, i) => i !== 50),
      100,
    );
    expect(listener.ms('concealed')).toBe(20);
    expect(listener.of('concealed')[0]?.position).toBe(50 * 160 + 8000);
    expect(listener.buffer.counts.lost).toBe(1);
  });

  it('shifts the track and keeps every sample when the sender let its timestamps stand still', () => {
    const sent = withPause(stream({ packets: 100 }), 50, 1000, 0);
    const listener = new Listener().hear(sent);
    const absent = listener.ms('absent');
    expect(absent).toBeGreaterThan(900);
    expect(listener.buffer.counts.shiftedMs).toBe(absent);
    for (const [i, packet] of sent.entries()) {
      expect(listener.pcm(i * 160 + (i < 50 ? 0 : absent * 8), 160)).toEqual(decoded(packet));
    }
    // Time is right again at once.
    expect(listener.of('packet')[50]?.endsAt).toBeCloseTo(nth(sent, 50).at, 6);
  });

  it('keeps every sample of packets that a network held up for longer than the track waits', () => {
    const sent = stream({ packets: 200 });
    const arrivals = sent.map((packet, i) =>
      i >= 50 && i < 65 ? { ...packet, at: nth(sent, 65).at } : packet,
    );
    const listener = new Listener().hear(arrivals);
    const { shiftedMs } = listener.buffer.counts;
    expect(shiftedMs).toBe(listener.ms('absent'));
    expect(shiftedMs).toBeGreaterThan(100);
    for (const [i, packet] of sent.entries()) {
      expect(listener.pcm(i * 160 + (i < 50 ? 0 : shiftedMs * 8), 160)).toEqual(decoded(packet));
    }
    expect(listener.frames.at(-1)?.endsAt).toBeCloseTo(nth(sent, 199).at, 6);
  });

  it('does not take a stall of its own thread for silence', () => {
    const sent = stream({ packets: 100 });
    const listener = new Listener().hear(sent.slice(0, 50));
    // Nothing runs for 300 ms; then the timer fires before the socket is read.
    listener.clock.advance(300);
    listener.buffer.advance(listener.clock.now());
    for (const packet of sent.slice(50, 65)) listener.buffer.push(packet, listener.clock.now());
    listener.hear(sent.slice(65));
    expectMapped(listener, sent);
    expect(listener.ms('absent')).toBe(0);
  });
});

describe('packets without audio', () => {
  it('are no loss: DTMF events take sequence numbers, and the speech goes on at its timestamp', () => {
    const talk = withPause(stream({ packets: 100 }), 50, 160);
    const events = Array.from({ length: 8 }, (_, i) => ({
      ...nth(talk, 49),
      sequence: 1050 + i,
      timestamp: nth(talk, 49).timestamp + 160,
      codec: 'none' as const,
      payload: new Uint8Array(4),
      at: nth(talk, 49).at + 20 * (i + 1),
    }));
    const after = talk.slice(50).map((packet) => ({ ...packet, sequence: packet.sequence + 8 }));
    const listener = new Listener().hear([...talk.slice(0, 50), ...events, ...after]);
    expectMapped(listener, talk);
    expect(listener.ms('absent')).toBe(160);
    expect(listener.buffer.counts).toMatchObject({ lost: 0, concealedMs: 0, shiftedMs: 0 });
  });

  it('may come first', () => {
    const all = stream({ packets: 20 });
    const event = nth(all, 0);
    const talk = all.slice(1);
    const listener = new Listener().hear(
      [{ ...event, codec: 'none', payload: new Uint8Array(4) }, ...talk],
      500,
    );
    expect(listener.of('packet')).toHaveLength(19);
    expect(listener.track.length / 8).toBeLessThan(1000);
  });
});

const first = () => stream({ packets: 50 });
const second = (options: SenderOptions = {}) =>
  stream({ packets: 50, ssrc: 8, sequence: 40_000, timestamp: 3e9, startAt: 1100, ...options });

/** The packets of the second stream follow each other on the track, none missing. */
function expectAllOf(listener: Listener, sent: readonly Arrival[]): void {
  const begin = listener.track.length - sent.length * 160;
  for (const [i, packet] of sent.entries()) {
    expect(listener.pcm(begin + i * 160, 160)).toEqual(decoded(packet));
  }
}

describe('a new source', () => {
  it('continues the track, its first packet included', () => {
    const listener = new Listener().hear([...first(), ...second()]);
    expect(listener.sources).toEqual(['ssrc 8']);
    expectAllOf(listener, second());
    expect(listener.track.length).toBe(100 * 160);
    expect(listener.frames.at(-1)?.endsAt).toBeCloseTo(2100, 6);
  });

  it('is heard at once when the old one has fallen silent, as much later as it came', () => {
    const next = second({ startAt: 3100 });
    const listener = new Listener().hear([...first(), ...next]);
    expect(listener.sources).toEqual(['ssrc 8']);
    expectAllOf(listener, next);
    expect(listener.of('packet')[50]?.at).toBe(3120);
    expect(listener.track.length).toBe((2000 + 2000) * 8);
  });

  it('may be the old one begun anew', () => {
    const next = second({ ssrc: 7, startAt: 1100 });
    const listener = new Listener().hear([...first(), ...next]);
    expect(listener.sources).toEqual(['restart 7']);
    expectAllOf(listener, next);
  });

  it('may be the old one playing the same packets again', () => {
    const again = first().map((packet) => ({ ...packet, at: packet.at + 5000 }));
    const listener = new Listener().hear([...first(), ...again]);
    expect(listener.sources).toEqual(['restart 7']);
    expectAllOf(listener, again);
    expect(listener.buffer.counts.duplicated).toBe(0);
  });

  it('does not lose its first packet when its second is lost', () => {
    const next = second().filter((_, i) => i !== 1);
    const listener = new Listener().hear([...first(), ...next], 50);
    expect(listener.buffer.counts.lost).toBe(1);
    expect(listener.of('packet')).toHaveLength(99);
    expect(listener.buffer.counts.stray).toBe(0);
  });

  it('is not believed for single packets, nor while the old one speaks', () => {
    const sent = stream({ packets: 100 });
    const intruder = second({ packets: 50, startAt: 1090 });
    const listener = new Listener().hear([...sent, ...intruder]);
    expect(listener.sources).toEqual([]);
    expectMapped(listener, sent);
    expect(listener.buffer.counts.stray).toBeGreaterThan(40);
  });
});

describe('hostile streams', () => {
  it('do not make an hour of audio of a jump of an hour', () => {
    const sent = stream({ packets: 100 });
    for (const jump of [3600 * 8000, -3600 * 8000, 2 ** 31 - 1]) {
      const jumped = sent.map((packet, i) =>
        i < 50 ? packet : { ...packet, timestamp: (packet.timestamp + jump) >>> 0 },
      );
      const listener = new Listener().hear(jumped);
      expect(listener.track.length).toBe(100 * 160);
      expect(listener.frames.at(-1)?.endsAt).toBeCloseTo(nth(sent, 99).at, 6);
    }
  });

  /** 32 held packets of 200 ms, each after a gap of 200 ms, and the half second that passes. */
  const MOST = (32 * (200 + 200) + 500 + 200) * 8;

  it('do not make more audio than bounded amounts, whatever comes', () => {
    const random = randomFrom(11);
    const codecs = ['PCMU', 'PCMA', 'CN', 'none'] as const;
    for (let round = 0; round < 40; round++) {
      const listener = new Listener();
      let sequence = 0;
      let timestamp = 0;
      for (let i = 0; i < 300; i++) {
        sequence =
          random() < 0.1 ? Math.floor(random() * 65536) : (sequence + Math.floor(random() * 4)) & 0xffff;
        timestamp = random() < 0.1 ? Math.floor(random() * 2 ** 32) : (timestamp + 160) >>> 0;
        const payload = new Uint8Array(random() < 0.9 ? 160 : Math.floor(random() * 1700));
        for (let k = 0; k < payload.length; k++) payload[k] = Math.floor(random() * 256);
        const before = listener.buffer.position;
        listener.wait(listener.clock.now() + random() * (random() < 0.05 ? 500 : 20));
        listener.buffer.push(
          {
            sequence,
            timestamp,
            ssrc: random() < 0.95 ? 1 : 2,
            marker: random() < 0.5,
            codec: codecs[Math.floor(random() * (random() < 0.8 ? 2 : 4))] ?? 'PCMU',
            payload,
          },
          listener.clock.now(),
        );
        expect(listener.buffer.position - before).toBeLessThan(MOST);
      }
      const { lost, late, duplicated } = listener.buffer.counts;
      for (const count of [lost, late, duplicated]) expect(count).toBeGreaterThanOrEqual(0);
    }
  });
});
