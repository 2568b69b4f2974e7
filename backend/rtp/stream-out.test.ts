import { packets } from 'rtp.js';
import { describe, expect, it } from 'vitest';
import { DtmfSender } from './dtmf.ts';
import { MAX_PAYLOAD_BYTES, RtpStream } from './stream-out.ts';

/** Read by rtp.js, from a copy: the stream uses its buffer again. */
function read(datagram: Buffer) {
  const copy = Uint8Array.from(datagram);
  const packet = new packets.RtpPacket(new DataView(copy.buffer));
  const { payloadType, sequenceNumber, timestamp, marker, ssrc, payloadLength } = packet.dump();
  return {
    payloadType,
    sequenceNumber,
    timestamp,
    marker,
    ssrc,
    payloadLength,
    payload: packet.getPayload(),
  };
}

function newStream(): { stream: RtpStream; dtmf: DtmfSender } {
  const dtmf = new DtmfSender(() => undefined);
  return { stream: new RtpStream(dtmf), dtmf };
}

describe('RtpStream', () => {
  it.each([80, 160, 240, 480])('counts sequence and timestamp for %i samples a packet', (samples) => {
    const { stream } = newStream();
    const sent = Array.from({ length: 70_000 / samples }, () => read(stream.next(8, samples, false)));
    const [first] = sent;
    if (first === undefined) throw new Error('nothing was sent');
    for (const [i, packet] of sent.entries()) {
      expect(packet).toMatchObject({
        payloadType: 8,
        sequenceNumber: (first.sequenceNumber + i) & 0xffff,
        timestamp: (first.timestamp + i * samples) >>> 0,
        marker: i === 0,
        ssrc: stream.ssrc,
        payloadLength: samples,
      });
    }
    expect(stream.packets).toBe(sent.length);
    expect(stream.octets).toBe(sent.length * samples);
  });

  it('wraps sequence and timestamp', () => {
    const { stream } = newStream();
    const before = read(stream.next(0, 160, false));
    for (let i = 1; i < 0x10000; i++) stream.next(0, 160, false);
    const after = read(stream.next(0, 160, false));
    expect(after.sequenceNumber).toBe(before.sequenceNumber);
    stream.skip(2 ** 32 - 160);
    expect(stream.timestamp).toBe(after.timestamp);
  });

  it('sends what was written to payload, and marks a talk spurt', () => {
    const { stream } = newStream();
    stream.next(0, 160, false);
    stream.payload.fill(0x55, 0, 80);
    const packet = read(stream.next(0, 80, true));
    expect(packet.marker).toBe(true);
    expect(new Uint8Array(packet.payload.buffer, packet.payload.byteOffset, 80)).toEqual(
      new Uint8Array(80).fill(0x55),
    );
    expect(read(stream.next(0, 80, false)).marker).toBe(false);
  });

  it('shows skipped time as a gap in timestamps alone, and a new spurt', () => {
    const { stream } = newStream();
    const before = read(stream.next(0, 160, false));
    stream.skip(320);
    const after = read(stream.next(0, 160, false));
    expect(after.sequenceNumber).toBe((before.sequenceNumber + 1) & 0xffff);
    expect(after.timestamp).toBe((before.timestamp + 480) >>> 0);
    expect(after.marker).toBe(true);
  });

  it('sends events in place of audio while the timestamp goes on', () => {
    const { stream, dtmf } = newStream();
    const first = read(stream.next(0, 160, false));
    dtmf.play('5');
    const audio: boolean[] = [];
    const rest = Array.from({ length: 9 }, () => {
      const packet = read(stream.next(0, 160, false));
      audio.push(stream.carriesAudio);
      return packet;
    });
    expect(audio).toEqual(rest.map((packet) => packet.payloadType === 0));
    const events = rest.slice(0, 7);
    expect(events.map((packet) => packet.payloadType)).toEqual(Array(7).fill(101));
    expect(events.map((packet) => packet.marker)).toEqual([true, ...Array<boolean>(6).fill(false)]);
    expect(new Set(events.map((packet) => packet.timestamp))).toEqual(
      new Set([(first.timestamp + 160) >>> 0]),
    );
    expect(events.map((packet) => packet.payload.getUint16(2))).toEqual([160, 320, 480, 640, 800, 800, 800]);
    expect(rest.map((packet) => packet.sequenceNumber)).toEqual(
      rest.map((_, i) => (first.sequenceNumber + 1 + i) & 0xffff),
    );
    expect(rest[7]).toMatchObject({
      payloadType: 0,
      timestamp: (first.timestamp + 8 * 160) >>> 0,
      payloadLength: 160,
    });
  });

  it('begins at random: no two streams share their first numbers', () => {
    const firsts = Array.from({ length: 20 }, () => read(newStream().stream.next(0, 160, false)));
    expect(new Set(firsts.map((packet) => packet.ssrc)).size).toBe(20);
    expect(new Set(firsts.map((packet) => packet.timestamp)).size).toBe(20);
    expect(new Set(firsts.map((packet) => packet.sequenceNumber)).size).toBeGreaterThan(15);
  });

  it('refuses what does not fit', () => {
    const { stream } = newStream();
    expect(() => stream.next(0, MAX_PAYLOAD_BYTES + 1, false)).toThrow(RangeError);
    expect(() => stream.next(0, 0, false)).toThrow(RangeError);
  });
});
