import { describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { DtmfReceiver, DtmfSender } from './dtmf.ts';
import { RtpPacket } from './packet.ts';

type Key = [digit: string, durationMs: number];

function packetOf(timestamp: number, payload: Uint8Array, marker = false): RtpPacket {
  const packet = new RtpPacket();
  packet.timestamp = timestamp >>> 0;
  packet.marker = marker;
  packet.bytes = payload;
  packet.payloadLength = payload.length;
  return packet;
}

function event(code: number, duration: number, end = false): Uint8Array {
  return Uint8Array.of(code, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff);
}

function receiver(): { keys: Key[]; dtmf: DtmfReceiver } {
  const keys: Key[] = [];
  return { keys, dtmf: new DtmfReceiver((digit, durationMs) => void keys.push([digit, durationMs])) };
}

/** The packets of one key of 100 ms, as every sender makes them; the end three times. */
function keyPackets(code: number, timestamp: number): RtpPacket[] {
  const durations = [160, 320, 480, 640, 800, 800, 800];
  return durations.map((duration, i) => packetOf(timestamp, event(code, duration, i >= 4), i === 0));
}

describe('DtmfReceiver', () => {
  it('gives one key for an end that comes three times', () => {
    const { keys, dtmf } = receiver();
    keyPackets(5, 1000).forEach((packet, i) => dtmf.push(packet, i * 20));
    dtmf.advance(10_000);
    expect(keys).toEqual([['5', 100]]);
  });

  it('knows all sixteen keys and no other event', () => {
    const { keys, dtmf } = receiver();
    for (let code = 0; code < 20; code++)
      dtmf.push(packetOf(code * 2000, event(code, 400, true), true), code * 250);
    expect(keys.map(([digit]) => digit).join('')).toBe('0123456789*#ABCD');
  });

  it('tells the same key pressed twice from one', () => {
    const { keys, dtmf } = receiver();
    for (const timestamp of [0xfffffe00, 0xfffffe00 + 1280]) {
      for (const packet of keyPackets(7, timestamp)) dtmf.push(packet, 0);
    }
    expect(keys).toEqual([
      ['7', 100],
      ['7', 100],
    ]);
  });

  it('gives each key once whichever single packet is lost, repeated or late', () => {
    const all = [...keyPackets(1, 0), ...keyPackets(11, 1280)];
    for (let i = 0; i < all.length; i++) {
      const { keys, dtmf } = receiver();
      all.filter((_, at) => at !== i).forEach((packet, at) => dtmf.push(packet, at * 20));
      dtmf.advance(1000);
      expect(keys).toEqual([
        ['1', 100],
        ['#', 100],
      ]);
    }
    const { keys, dtmf } = receiver();
    for (const packet of [...all, ...all.slice(0, 7)]) dtmf.push(packet, 0);
    expect(keys).toHaveLength(2);
  });

  it('ends a key whose ends are all lost by the next key, or by quiet', () => {
    const { keys, dtmf } = receiver();
    for (const packet of keyPackets(1, 0).slice(0, 4)) dtmf.push(packet, 60);
    dtmf.push(packetOf(1600, event(2, 160), true), 200);
    expect(keys).toEqual([['1', 80]]);
    dtmf.advance(399);
    expect(keys).toHaveLength(1);
    dtmf.advance(400);
    expect(keys).toEqual([
      ['1', 80],
      ['2', 20],
    ]);
    // Packets of it that come after all are no new key.
    dtmf.push(packetOf(1600, event(2, 2000, true)), 450);
    dtmf.advance(1000);
    expect(keys).toHaveLength(2);
  });

  it('takes the segments of a long key together (RFC 4733 section 2.5.1.3)', () => {
    const { keys, dtmf } = receiver();
    const total = 2 * 0xffff + 8000;
    for (let at = 160; at <= total; at += 160) {
      const segment = Math.floor(at / 0xffff);
      // Every 50th packet is lost, so that borders are met with and without their packets.
      if ((at / 160) % 50 !== 0)
        dtmf.push(packetOf(segment * 0xffff, event(9, at - segment * 0xffff), at === 160), at / 8);
    }
    dtmf.push(packetOf(2 * 0xffff, event(9, 8000, true)), total / 8);
    expect(keys).toEqual([['9', total / 8]]);
  });

  it('hears a sender that began anew with a lower timestamp', () => {
    const { keys, dtmf } = receiver();
    for (const packet of keyPackets(1, 3_000_000)) dtmf.push(packet, 0);
    for (const packet of keyPackets(2, 100)) dtmf.push(packet, 0);
    expect(keys.map(([digit]) => digit)).toEqual(['1', '2']);
  });

  it('ignores payloads that are too short', () => {
    const { keys, dtmf } = receiver();
    dtmf.push(packetOf(1, Uint8Array.of(1, 0x80, 3)), 0);
    dtmf.advance(1000);
    expect(keys).toEqual([]);
  });
});

/** What a sender puts on the wire, tick by tick, and what a receiver makes of it. */
function run(digits: string, samples: number, ticks: number, drop: (tick: number) => boolean = () => false) {
  const sent: Key[] = [];
  const sender = new DtmfSender((digit, durationMs) => void sent.push([digit, durationMs]));
  sender.play(digits);
  const { keys, dtmf } = receiver();
  const wire: string[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const timestamp = (0xfffff000 + tick * samples) >>> 0;
    const payload = new Uint8Array(4);
    const kind = sender.next(timestamp, samples, payload);
    wire.push(kind === null ? '.' : kind === 'start' ? 'S' : (payload[1] ?? 0) & 0x80 ? 'E' : 'm');
    if (kind !== null && !drop(tick))
      dtmf.push(packetOf(sender.timestamp, payload, kind === 'start'), timestamp / 8);
  }
  dtmf.advance(1e9);
  return { sent, keys, wire: wire.join(''), busy: sender.busy };
}

describe('DtmfSender', () => {
  it('sends start, growth, the end three times, then a pause', () => {
    const { sent, keys, wire, busy } = run('1#', 160, 20);
    expect(wire).toBe('SmmmEEE.SmmmEEE.....');
    expect(sent).toEqual([
      ['1', 100],
      ['#', 100],
    ]);
    expect(keys).toEqual(sent);
    expect(busy).toBe(false);
  });

  it.each([80, 160, 240, 320, 400, 480])('is understood at %i samples a packet', (samples) => {
    const digits = '0123456789*#ABCD';
    const { keys, sent } = run(digits, samples, 1000);
    expect(keys.map(([digit]) => digit).join('')).toBe(digits);
    expect(keys).toEqual(sent);
    expect(Math.min(...keys.map(([, durationMs]) => durationMs))).toBeGreaterThanOrEqual(100);
  });

  it('is understood when every third packet is lost', () => {
    for (const phase of [0, 1, 2]) {
      expect(
        run('159D', 160, 60, (tick) => tick % 3 === phase)
          .keys.map(([digit]) => digit)
          .join(''),
      ).toBe('159D');
    }
  });

  it('queues more digits while it plays, in either case', () => {
    const sender = new DtmfSender(() => undefined);
    sender.play('a');
    expect(sender.next(0, 160, new Uint8Array(4))).toBe('start');
    sender.play('b');
    let starts = 0;
    for (let tick = 1; tick < 20; tick++)
      if (sender.next(tick * 160, 160, new Uint8Array(4)) === 'start') starts++;
    expect(starts).toBe(1);
  });

  it('refuses what is no digit, and then plays nothing of it', () => {
    const sender = new DtmfSender(() => undefined);
    expect(() => sender.play('12x')).toThrow(SidetoneError);
    expect(sender.busy).toBe(false);
  });
});
