import { readFile } from 'node:fs/promises';
import { RtpPacket, isRtcp, isRtp } from 'rtp.js/packets';
import { decodeG711 } from './g711.ts';

export interface Datagram {
  readonly atMs: number;
  readonly fromPort: number;
  readonly toPort: number;
  readonly payload: Uint8Array;
}

/** A pcap of raw IPv4 with UDP in it, as RFC draft-ietf-opsawg-pcap describes it; shares no code with its writer. */
export async function readPcap(file: string): Promise<Datagram[]> {
  const bytes = await readFile(file);
  if (bytes.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`${file} is no pcap with microseconds`);
  if (bytes.readUInt32LE(20) !== 101) throw new Error(`${file} is not of raw IP`);
  const datagrams: Datagram[] = [];
  for (let at = 24; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 8);
    const ip = bytes.subarray(at + 16, at + 16 + length);
    if (ip.length < length) throw new Error(`${file} ends within a packet`);
    const udp = ip.subarray(((ip[0] ?? 0) & 0x0f) * 4);
    datagrams.push({
      atMs: bytes.readUInt32LE(at) * 1000 + bytes.readUInt32LE(at + 4) / 1000,
      fromPort: udp.readUInt16BE(0),
      toPort: udp.readUInt16BE(2),
      payload: udp.subarray(8, udp.readUInt16BE(4)),
    });
    at += 16 + length;
  }
  return datagrams;
}

/** RTP packets sent from a port, in the order of the file, as rtp.js reads them. */
export function rtpFrom(datagrams: readonly Datagram[], fromPort: number): (RtpPacket & { atMs: number })[] {
  return datagrams
    .filter(({ fromPort: from, payload }) => from === fromPort && isRtpOnly(payload))
    .map(({ payload, atMs }) => Object.assign(parseRtp(payload), { atMs }));
}

export function parseRtp(bytes: Uint8Array): RtpPacket {
  return new RtpPacket(viewOf(bytes));
}

/** 8 kHz audio of consecutive packets. */
export function audioOf(packets: readonly RtpPacket[]): Int16Array {
  const parts = packets.map((packet) => {
    const view = packet.getPayload();
    return decodeG711(packet.getPayloadType(), new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  });
  const pcm = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    pcm.set(part, at);
    at += part.length;
  }
  return pcm;
}

function isRtpOnly(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  return isRtp(view) && !isRtcp(view);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
