import { packets } from 'rtp.js';
import { describe, expect, it } from 'vitest';
import { isRtcp } from './packet.ts';
import {
  buildRtcp,
  ntpMiddle,
  readRtcp,
  roundTripMs,
  rtcpIntervalMs,
  SenderReportLog,
  type ReportBlock,
} from './rtcp.ts';
import { seededRandom } from './seeded-random.ts';

const EPOCH_MS = 1_790_000_000_123.25;
const BLOCK: ReportBlock = {
  ssrc: 0xdeadbeef,
  fractionLost: 25,
  lost: 1_234_567,
  highestSequence: 0x1fffe,
  jitter: 77,
  lastSr: 0xfedc0123,
  delaySinceLastSr: 65_536,
};
const SENDER = { rtpTimestamp: 0xfffffff0, packets: 1500, octets: 240_000 };
const OUTGOING = {
  ssrc: 0xcafe0001,
  cname: 'x',
  epochMs: EPOCH_MS,
  sender: SENDER,
  blocks: [BLOCK],
  bye: null,
};

function foreign(datagram: Uint8Array): packets.CompoundPacket {
  return new packets.CompoundPacket(new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength));
}

describe('buildRtcp', () => {
  it.each(['a', 'ab', 'abc', 'abcd', 'q7Jw0Zr2nJ8y4m3X'])(
    'is a compound packet for rtp.js: SR and CNAME %s',
    (cname) => {
      const datagram = buildRtcp({ ...OUTGOING, cname });
      expect(isRtcp(datagram)).toBe(true);
      const [report, description, ...rest] = foreign(datagram).dump().packets;
      expect(rest).toEqual([]);
      expect(report).toMatchObject({
        packetType: 200,
        ssrc: OUTGOING.ssrc,
        ntpSeq: 1_790_000_000 + 2_208_988_800,
        rtpTimestamp: SENDER.rtpTimestamp,
        packetCount: 1500,
        octetCount: 240_000,
        reports: [
          {
            ssrc: BLOCK.ssrc,
            fractionLost: 25,
            highestSeq: 0x1fffe,
            jitter: 77,
            lsr: BLOCK.lastSr,
            dlsr: 65_536,
          },
        ],
      });
      expect(description).toMatchObject({
        packetType: 202,
        chunks: [{ ssrc: OUTGOING.ssrc, items: [{ type: 1, text: cname }] }],
      });
    },
  );

  it('is a receiver report while nothing is sent, and ends with BYE when leaving', () => {
    const datagram = buildRtcp({ ...OUTGOING, sender: null, blocks: [], bye: 'hung up' });
    expect(foreign(datagram).dump().packets).toMatchObject([
      { packetType: 201, ssrc: OUTGOING.ssrc, reports: [] },
      { packetType: 202 },
      { packetType: 203, ssrcs: [OUTGOING.ssrc], reason: 'hung up' },
    ]);
    expect(readRtcp(datagram)).toEqual({ senderReport: null, blocks: [], left: [OUTGOING.ssrc] });
  });
});

describe('readRtcp', () => {
  it('reads its own reports', () => {
    expect(readRtcp(buildRtcp(OUTGOING))).toEqual({
      senderReport: { ssrc: OUTGOING.ssrc, ntpMiddle: ntpMiddle(EPOCH_MS) },
      blocks: [BLOCK],
      left: [],
    });
  });

  it.each([0, 4096, -1, -300, 0x7fffff, -0x800000])('carries a loss of %i in its 24 bits', (lost) => {
    const read = readRtcp(buildRtcp({ ...OUTGOING, sender: null, blocks: [{ ...BLOCK, lost }] }));
    expect(read?.blocks[0]?.lost).toBe(lost);
  });

  it('holds a loss beyond 24 bits at the limit', () => {
    const read = readRtcp(buildRtcp({ ...OUTGOING, blocks: [{ ...BLOCK, lost: 2 ** 30 }] }));
    expect(read?.blocks[0]?.lost).toBe(0x7fffff);
  });

  it('hears a BYE behind a part it cannot read', () => {
    const garbled = Uint8Array.of(0x9f, 202, 0, 1, 1, 2, 3, 4); // 31 SDES chunks in four bytes
    const bye = Uint8Array.of(0x81, 203, 0, 1, 0, 0, 0, 9);
    expect(readRtcp(Uint8Array.of(...garbled, ...bye))?.left).toEqual([9]);
    const shortReport = Uint8Array.of(0x9f, 201, 0, 1, 1, 2, 3, 4); // 31 blocks in none
    expect(readRtcp(Uint8Array.of(...shortReport, ...bye))).toEqual({
      senderReport: null,
      blocks: [],
      left: [9],
    });
  });

  it('trusts nothing in a datagram whose lengths do not add up', () => {
    const datagram = buildRtcp({ ...OUTGOING, bye: 'x' });
    for (let length = 0; length < datagram.length; length++) {
      const whole = length === 52 || length === 64; // the report alone, with the description
      expect(readRtcp(datagram.subarray(0, length)) === null).toBe(!whole);
    }
  });

  it('survives 100,000 random and mutated datagrams', () => {
    const random = seededRandom(3551);
    const below = (limit: number): number => Math.floor(random() * limit);
    const template = buildRtcp({ ...OUTGOING, blocks: [BLOCK, BLOCK], bye: 'gone' });
    let read = 0;
    let refused = 0;
    for (let i = 0; i < 100_000; i++) {
      let datagram: Uint8Array;
      if (i % 2 === 0) {
        datagram = Uint8Array.from({ length: below(64) }, () => below(256));
        if (datagram.length > 4) datagram.set([0x80 | below(64), 200 + below(4), 0, below(16)]);
      } else {
        datagram = Uint8Array.from(template);
        for (let flips = 1 + below(4); flips > 0; flips--) datagram[below(datagram.length)] = below(256);
      }
      if (readRtcp(datagram) === null) refused++;
      else read++;
    }
    expect(read).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
    expect(read + refused).toBe(100_000);
  });
});

describe('round trip', () => {
  it('is what the two ways took, whatever the far end waited', () => {
    for (const [way, waited] of [
      [0, 0],
      [15, 1200],
      [80.5, 4987.3],
    ] as const) {
      const ours = readRtcp(buildRtcp({ ...OUTGOING, epochMs: EPOCH_MS }))?.senderReport;
      if (ours === null || ours === undefined) throw new Error('no sender report');
      const log = new SenderReportLog();
      log.heard(ours, 500);
      const block = log.block(OUTGOING.ssrc, BLOCK, 500 + waited);
      const back = readRtcp(buildRtcp({ ...OUTGOING, ssrc: 2, sender: null, blocks: [block] }))?.blocks[0];
      if (back === undefined) throw new Error('no block');
      expect(roundTripMs(back, EPOCH_MS + waited + 2 * way)).toBeCloseTo(2 * way, 1);
    }
  });

  it('is computed as in the example of RFC 3550, figure 2', () => {
    // A 0xb710:8000, LSR 0xb705:2000, DLSR 0x0005:4000: 6.125 s.
    const arrived = ((0xb710 - (2_208_988_800 % 65536) + 65536) % 65536) * 1000 + 500;
    expect(ntpMiddle(arrived)).toBe(0xb7108000);
    expect(roundTripMs({ ...BLOCK, lastSr: 0xb7052000, delaySinceLastSr: 0x00054000 }, arrived)).toBe(6125);
  });

  it('is unknown before a sender report, and for what cannot be', () => {
    expect(new SenderReportLog().block(1, BLOCK, 0)).toMatchObject({
      ssrc: 1,
      lastSr: 0,
      delaySinceLastSr: 0,
    });
    expect(roundTripMs({ ...BLOCK, lastSr: 0 }, EPOCH_MS)).toBeNull();
    const sentIn1s = ntpMiddle(EPOCH_MS + 1000);
    expect(roundTripMs({ ...BLOCK, lastSr: sentIn1s, delaySinceLastSr: 0 }, EPOCH_MS)).toBeNull();
    const anHourAgo = ntpMiddle(EPOCH_MS - 3_600_000);
    expect(roundTripMs({ ...BLOCK, lastSr: anHourAgo, delaySinceLastSr: 0 }, EPOCH_MS)).toBeNull();
  });
});

describe('rtcpIntervalMs', () => {
  it('lies around 5 s, the first around 2.5 s, as RFC 3550 section 6.3.1 has it', () => {
    expect(rtcpIntervalMs(0, false)).toBeCloseTo(2500 / 1.21828, 1);
    expect(rtcpIntervalMs(1, false)).toBeCloseTo(7500 / 1.21828, 1);
    expect(rtcpIntervalMs(0.5, true)).toBeCloseTo(2500 / 1.21828, 1);
  });
});
