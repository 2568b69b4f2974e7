import path from 'node:path';
import { parseEnd, showAddress } from '../base/address.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { readRtcp } from '../rtp/rtcp.ts';
import type { Trace } from './read.ts';
import { comesFrom, eachDatagram } from './wire.ts';

/**
 * How many of our packets the far end says it has got (RFC 3550 section 6.4.1: the highest sequence number it has seen,
 * less what it misses). null: it sends no reports, or nothing is known of the wire.
 */
export async function acknowledgedPackets(trace: Trace): Promise<number | null> {
  const { manifest } = trace;
  if (manifest === null) return null;
  const isTheirs = fromEitherPort(manifest.peer);
  const packet = new RtpPacket();
  const first = new Map<number, number>();
  const arrived = new Map<number, number>();
  let reports = 0;
  await eachDatagram(path.join(trace.dir, TRACE_FILES.wire), ({ ip, payload }) => {
    const datagram = ip.subarray(payload);
    const theirs = isTheirs(ip, payload);
    if (!isRtcp(datagram)) {
      if (!theirs && parseRtp(datagram, packet) === null && !first.has(packet.ssrc))
        first.set(packet.ssrc, packet.sequence);
      return;
    }
    const report = theirs ? readRtcp(datagram) : null;
    if (report === null) return;
    reports += 1;
    for (const { ssrc, highestSequence, lost } of report.blocks) {
      const from = first.get(ssrc);
      if (from !== undefined) arrived.set(ssrc, Math.max(0, highestSequence - from + 1 - lost));
    }
  }).catch(() => false);
  return reports === 0 ? null : [...arrived.values()].reduce((sum, count) => sum + count, 0);
}

/** Reports come from the port of the audio or from the one above it. */
function fromEitherPort(end: string): (ip: Buffer, payload: number) => boolean {
  const { host, port } = parseEnd(end) ?? { host: '', port: 0 };
  const audio = comesFrom(end);
  const above = comesFrom(showAddress({ host, port: port + 1 }));
  return (ip, payload) => audio(ip, payload) || above(ip, payload);
}
