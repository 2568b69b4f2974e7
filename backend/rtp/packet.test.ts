import { packets } from 'rtp.js';
import { describe, expect, it } from 'vitest';
import { isRtcp, parseRtp, RTP_FAULTS, RTP_HEADER_BYTES, RtpPacket, writeRtpHeader } from './packet.ts';
import { seededRandom } from './seeded-random.ts';

const AUDIO = Uint8Array.from({ length: 160 }, (_, i) => i);

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** A packet of rtp.js, to be given CSRCs, extensions and padding. */
function foreignPacket(): packets.RtpPacket {
  const packet = new packets.RtpPacket();
  packet.setPayloadType(8);
  packet.setMarker(true);
  packet.setSequenceNumber(65_535);
  packet.setTimestamp(0xfedcba98);
  packet.setSsrc(0x89abcdef);
  packet.setPayload(viewOf(AUDIO));
  return packet;
}

function parsed(datagram: Uint8Array): RtpPacket {
  const packet = new RtpPacket();
  expect(parseRtp(datagram, packet)).toBeNull();
  return packet;
}

function payloadOf(packet: RtpPacket): Uint8Array {
  return packet.bytes.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadLength);
}

describe('writeRtpHeader', () => {
  it.each([true, false])('writes what rtp.js reads (marker %s)', (marker) => {
    const datagram = new Uint8Array(RTP_HEADER_BYTES + AUDIO.length);
    datagram.set(AUDIO, RTP_HEADER_BYTES);
    writeRtpHeader(datagram, 101, marker, 0xabcd, 0xf1234567, 0xfedcba98);
    const read = new packets.RtpPacket(viewOf(datagram));
    expect(read.dump()).toMatchObject({
      payloadType: 101,
      marker,
      sequenceNumber: 0xabcd,
      timestamp: 0xf1234567,
      ssrc: 0xfedcba98,
      csrcs: [],
      extensions: [],
      padding: 0,
    });
    expect(bytesOf(read.getPayload())).toEqual(AUDIO);
  });
});

/** What parseRtp says of a well-formed packet after a change to it. */
function faultAfter(change: (bytes: Uint8Array) => void, length = 172): string | null {
  const bytes = new Uint8Array(length);
  writeRtpHeader(bytes, 0, false, 1, 2, 3);
  change(bytes);
  return parseRtp(bytes, new RtpPacket());
}

const setFirst = (value: number) => (bytes: Uint8Array) => void (bytes[0] = value);

describe('parseRtp', () => {
  const variants: [string, (packet: packets.RtpPacket) => void][] = [
    ['plain', () => undefined],
    ['CSRC', (packet) => packet.setCsrcs([1, 0xffffffff, 3])],
    ['15 CSRCs', (packet) => packet.setCsrcs(Array.from({ length: 15 }, (_, i) => i))],
    [
      'one-byte extensions',
      (packet) => {
        packet.enableOneByteExtensions();
        packet.setExtension(1, viewOf(Uint8Array.of(1, 2, 3)));
        packet.setExtension(14, viewOf(Uint8Array.of(9)));
      },
    ],
    [
      'two-byte extensions',
      (packet) => {
        packet.enableTwoBytesExtensions();
        packet.setExtension(200, viewOf(new Uint8Array(77)));
      },
    ],
    [
      'padding',
      (packet) => {
        packet.setPayload(viewOf(AUDIO.subarray(0, 157)));
        packet.padTo4Bytes();
      },
    ],
    [
      'all of it',
      (packet) => {
        packet.setCsrcs([7]);
        packet.enableOneByteExtensions();
        packet.setExtension(3, viewOf(Uint8Array.of(1, 2)));
        packet.setPayload(viewOf(AUDIO.subarray(0, 159)));
        packet.padTo4Bytes();
      },
    ],
  ];

  it.each(variants)('reads what rtp.js writes: %s', (_, change) => {
    const foreign = foreignPacket();
    change(foreign);
    const packet = parsed(bytesOf(foreign.getView()));
    expect(packet).toMatchObject({
      payloadType: 8,
      marker: true,
      sequence: 65_535,
      timestamp: 0xfedcba98,
      ssrc: 0x89abcdef,
    });
    expect(payloadOf(packet)).toEqual(bytesOf(foreign.getPayload()));
  });

  it('names each fault', () => {
    expect(faultAfter(() => undefined)).toBeNull();
    expect(parseRtp(new Uint8Array(0), new RtpPacket())).toBe('short');
    expect(parseRtp(Uint8Array.of(0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0), new RtpPacket())).toBe('short');
    expect(faultAfter(setFirst(0x40))).toBe('version');
    expect(faultAfter(setFirst(0xc0))).toBe('version');
    expect(faultAfter(setFirst(0x8f), 71)).toBe('csrc');
    expect(faultAfter(setFirst(0x8f), 73)).toBeNull();
    expect(faultAfter(setFirst(0x90), 15)).toBe('extension');
    expect(
      faultAfter((bytes) => {
        bytes[0] = 0x90;
        bytes[15] = 40;
      }),
    ).toBe('extension');
    expect(faultAfter(setFirst(0xa0))).toBe('padding'); // last byte 0
    expect(
      faultAfter((bytes) => {
        bytes[0] = 0xa0;
        bytes[171] = 161;
      }),
    ).toBe('padding');
    expect(
      faultAfter((bytes) => {
        bytes[0] = 0xa0;
        bytes[171] = 160;
      }),
    ).toBe('empty');
    expect(faultAfter(() => undefined, 12)).toBe('empty');
  });

  it('survives 1,000,000 random, truncated and mutated datagrams, and reads only inside them', () => {
    const random = seededRandom(3550);
    const below = (limit: number): number => Math.floor(random() * limit);
    const good = foreignPacket();
    good.setCsrcs([1, 2]);
    good.enableOneByteExtensions();
    good.setExtension(1, viewOf(Uint8Array.of(5)));
    const template = Uint8Array.from(bytesOf(good.getView()));
    const scratch = new Uint8Array(template.length);
    const packet = new RtpPacket();
    const counts = new Map<string, number>();
    let outside = 0;
    for (let i = 0; i < 1_000_000; i++) {
      let datagram = scratch;
      switch (i % 3) {
        case 0:
          datagram = scratch.subarray(0, below(48));
          for (let at = 0; at < datagram.length; at++) datagram[at] = below(256);
          if (i % 2 === 0 && datagram.length > 0) datagram[0] = 0x80 | below(64);
          break;
        case 1:
          scratch.set(template);
          datagram = scratch.subarray(0, below(template.length + 1));
          break;
        default:
          scratch.set(template);
          for (let flips = 1 + below(4); flips > 0; flips--) scratch[below(20)] = below(256);
      }
      const fault = parseRtp(datagram, packet);
      counts.set(fault ?? 'ok', (counts.get(fault ?? 'ok') ?? 0) + 1);
      const { payloadOffset, payloadLength } = packet;
      if (
        fault === null &&
        !(payloadOffset >= 12 && payloadLength > 0 && payloadOffset + payloadLength <= datagram.length)
      )
        outside++;
    }
    expect(outside).toBe(0);
    expect([...counts.keys()].sort()).toEqual(['ok', ...RTP_FAULTS].sort());
    expect([...counts.values()].reduce((a, b) => a + b)).toBe(1_000_000);
  });
});

function isRtcpType(type: number): boolean {
  return isRtcp(Uint8Array.of(0x80, type, 0, 0));
}

describe('isRtcp', () => {
  it('goes by the packet types 192-223', () => {
    expect([200, 201, 202, 203, 204, 192, 223].every(isRtcpType)).toBe(true);
    expect([0, 8, 0x80, 0x88, 101, 0x80 | 101, 191, 224].some(isRtcpType)).toBe(false);
    expect(isRtcp(Uint8Array.of(0x40, 200, 0, 0))).toBe(false);
    expect(isRtcp(Uint8Array.of(0x80, 200, 0))).toBe(false);
  });
});
