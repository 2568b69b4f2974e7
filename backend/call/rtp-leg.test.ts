import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { Scope } from '../base/scope.ts';
import { Pacer } from '../rtp/pacer.ts';
import { RtpPacket, RTP_HEADER_BYTES, parseRtp, writeRtpHeader } from '../rtp/packet.ts';
import { ConnectedPath } from './connected-path.ts';
import { RtpLeg, type RtpLegHandler } from './rtp-leg.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

const LOUD = 1000;

/** What a leg tells of its own side. */
class Sent {
  readonly packets: { timestamp: number; samples: number; audio: boolean }[] = [];
  readonly spoken: { position: number; pcm: Int16Array }[] = [];
  readonly mapped: { timestamp: number; position: number }[] = [];
  readonly leg: RtpLeg;

  constructor(startedAt: number) {
    const packet = new RtpPacket();
    const nothing = (): void => undefined;
    const handler: RtpLegHandler = {
      ready: nothing,
      heard: nothing,
      speak: (out) => {
        out.fill(LOUD);
        return { generation: 1, from: 0, to: 0 };
      },
      spoken: (pcm, position) => this.spoken.push({ position, pcm: pcm.slice() }),
      mapped: (stream, _ssrc, timestamp, position) => {
        if (stream === 'bot') this.mapped.push({ timestamp, position });
      },
      stalled: nothing,
      wire: (_flow, datagram) => {
        if (parseRtp(datagram, packet) !== null || packet.ssrc === 7) return;
        const { timestamp, payloadLength: samples, payloadType } = packet;
        this.packets.push({ timestamp, samples, audio: payloadType === 0 });
      },
      keyPressed: nothing,
      keySent: nothing,
      sourceChanged: nothing,
      unknownPayload: nothing,
      dropped: nothing,
      reported: nothing,
      gone: nothing,
    };
    const endpoint = { address: '127.0.0.1', port: 0 };
    const clock = new ManualClock();
    const pacer = new Pacer(scope, clock, nothing);
    const remote = { ...endpoint, port: 9 };
    const path = new ConnectedPath({ local: endpoint, shared: false, remote, scope, onStray: nothing });
    this.leg = new RtpLeg({ path, codec: 'PCMU', agreed: null, clock, pacer, handler }, startedAt);
  }

  /** Where the mapping puts each packet. */
  get places(): number[] {
    return this.packets.map(({ timestamp }) => {
      const map = this.mapped.findLast((one) => ((timestamp - one.timestamp) | 0) >= 0);
      return map ? map.position + ((timestamp - map.timestamp) | 0) : NaN;
    });
  }
}

function packetOf(sequence: number, samples: number): Uint8Array {
  const datagram = Buffer.alloc(RTP_HEADER_BYTES + samples, 0xff);
  writeRtpHeader(datagram, 0, false, sequence, sequence * samples, 7);
  return datagram;
}

describe('where our own samples stand', () => {
  it.each([0, 100.0625, 99.999_937_5, 123.456_789])(
    'is the grid, to the sample, for an hour of a call that began at %f ms',
    (startedAt) => {
      const sent = new Sent(startedAt);
      for (let due = 200; due < 3_600_000; due += 20) sent.leg.due(due, due + 0.2, 0);
      expect(sent.mapped).toHaveLength(1);
      const first = sent.spoken[0]?.position ?? NaN;
      expect(Math.abs(first / 8 - (200 - startedAt))).toBeLessThanOrEqual(1 / 16);
      expect(sent.spoken.every(({ position }, i) => position === first + i * 160)).toBe(true);
    },
  );

  it('follows ticks that went by unsent, in timestamps as well', () => {
    const sent = new Sent(0);
    for (const [due, skipped] of [
      [100, 0],
      [120, 0],
      [200, 3],
      [220, 0],
    ] as const)
      sent.leg.due(due, due, skipped);
    expect(sent.places).toEqual([800, 960, 1600, 1760]);
    expect(sent.spoken.map(({ position }) => position)).toEqual(sent.places);
    expect(sent.mapped).toHaveLength(1);
  });

  it('does not overlap where the far end changes its packets and the grid moves', () => {
    const sent = new Sent(0);
    sent.leg.due(100, 100, 0);
    for (let sequence = 0; sequence < 5; sequence += 1) sent.leg.receive(packetOf(sequence, 240), 101);
    expect(sent.leg.intervalMs).toBe(30);
    for (const due of [105, 135, 165]) sent.leg.due(due, due, 0);
    expect(sent.packets.map(({ samples }) => samples)).toEqual([160, 240, 240]);
    expect(sent.places).toEqual([800, 1080, 1320]);
    expect(sent.spoken.map(({ position }) => position)).toEqual(sent.places);
  });

  it('is silent while keys are sent in the place of audio, and as loud as G.711 has it otherwise', () => {
    const sent = new Sent(0);
    sent.leg.sendKeys('5');
    for (let due = 0; due < 400; due += 20) sent.leg.due(due, due, 0);
    expect(sent.packets.some(({ audio }) => audio)).toBe(true);
    expect(sent.packets.some(({ audio }) => !audio)).toBe(true);
    for (const [i, { audio }] of sent.packets.entries()) {
      // 1000 is 988 in mu-law.
      expect(new Set(sent.spoken[i]?.pcm)).toEqual(new Set([audio ? 988 : 0]));
    }
  });
});
