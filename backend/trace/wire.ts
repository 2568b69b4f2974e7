import { open } from 'node:fs/promises';
import path from 'node:path';
import { TRACE_FILES, type MappingPoint } from '../contract/trace.ts';
import { RtpPacket, parseRtp } from '../rtp/packet.ts';
import { codecOf } from '../rtp/payload-types.ts';
import { Mapping } from './mapping.ts';
import type { Trace } from './read.ts';

/** One audio packet of a call, as its wire.pcap has it. */
export interface WirePacket {
  /** When it came or left: ms since the call's start. */
  readonly at: number;
  /** Where the mapping puts its first sample on its side's recording. */
  readonly sample: number;
  readonly samples: number;
  readonly payloadType: number;
  /** Of its payload in wire.pcap. */
  readonly offset: number;
  readonly ssrc: number;
  readonly timestamp: number;
}

/** The audio packets of both sides, each in the order of `sample`. */
export interface Wire {
  readonly caller: readonly WirePacket[];
  readonly bot: readonly WirePacket[];
}

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** Larger is no record: the file is damaged from here on. */
const MAX_RECORD_BYTES = 65_535;
const PIECE_BYTES = 1 << 20;
/** Magic number and link type as rtp/pcap.ts writes them. */
const MAGIC = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const UDP = 17;
const UDP_HEADER_BYTES = 8;

/**
 * What a trace's own wire.pcap says of when each packet came and left; null where there is no such file, or the trace
 * says nothing of where its packets stand. Captures of others are read by capture/.
 */
export async function readWire(trace: Trace): Promise<Wire | null> {
  const { manifest } = trace;
  if (manifest === null || !trace.files.some(({ name }) => name === TRACE_FILES.wire)) return null;
  const sides = { caller: new Side('caller', pointsOf(trace)), bot: new Side('bot', pointsOf(trace)) };
  const packet = new RtpPacket();
  const startMicros = manifest.clock.wall_ms * 1000;
  const known = await eachDatagram(path.join(trace.dir, TRACE_FILES.wire), (datagram, offset, micros) => {
    if (parseRtp(datagram, packet) !== null || codecOf(packet.payloadType) === null) return;
    const at = (micros - startMicros) / 1000;
    if (!sides.caller.place(packet, at, offset)) sides.bot.place(packet, at, offset);
  }).catch(() => false);
  return known ? { caller: sides.caller.sorted(), bot: sides.bot.sorted() } : null;
}

/** What the manifest has at the end of a call, the events tell on the way. */
function pointsOf({ manifest, events }: Trace): readonly MappingPoint[] {
  if (manifest !== null && manifest.mapping.length > 0) return manifest.mapping;
  const mapping = new Mapping();
  for (const event of events) mapping.apply(event);
  return mapping.points;
}

/** Packets of one side, placed by its mapping. */
class Side {
  readonly #points: readonly MappingPoint[];
  readonly #packets: WirePacket[] = [];

  constructor(stream: MappingPoint['stream'], points: readonly MappingPoint[]) {
    this.#points = points.filter((point) => point.stream === stream);
  }

  /** False: it is none of this side's. */
  place(
    { ssrc, timestamp, payloadType, payloadLength, payloadOffset }: RtpPacket,
    at: number,
    offset: number,
  ): boolean {
    const point =
      this.#points.findLast((p) => p.ssrc === ssrc && ahead(timestamp, p.rtp_timestamp) >= 0) ??
      this.#points.find((p) => p.ssrc === ssrc);
    if (point === undefined) return false;
    this.#packets.push({
      at,
      sample: point.sample + ahead(timestamp, point.rtp_timestamp),
      samples: payloadLength,
      payloadType,
      offset: offset + payloadOffset,
      ssrc,
      timestamp,
    });
    return true;
  }

  sorted(): readonly WirePacket[] {
    return this.#packets.sort((a, b) => a.sample - b.sample);
  }
}

/**
 * Calls `take` with each UDP datagram of a capture of ours, its place in the file and its time (microseconds since
 * 1970). A file that was being written ends within a record: it is read up to there. False: it is no capture of ours.
 */
async function eachDatagram(
  file: string,
  take: (datagram: Uint8Array, offset: number, micros: number) => void,
): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(FILE_HEADER_BYTES);
    await handle.read(head, 0, FILE_HEADER_BYTES, 0);
    if (head.readUInt32LE(0) !== MAGIC || head.readUInt32LE(20) !== LINKTYPE_RAW) return false;
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let from = FILE_HEADER_BYTES; ;) {
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, from);
      const used = eachRecord(piece.subarray(0, bytesRead), from, take);
      if (used === 0) return true;
      from += used;
    }
  } finally {
    await handle.close();
  }
}

/** The whole records of `piece`, which stands at `at` in the file; how many bytes they take. */
function eachRecord(
  piece: Buffer,
  at: number,
  take: (datagram: Uint8Array, offset: number, micros: number) => void,
): number {
  let used = 0;
  while (used + RECORD_HEADER_BYTES <= piece.length) {
    const bytes = piece.readUInt32LE(used + 8);
    const from = used + RECORD_HEADER_BYTES;
    if (bytes > MAX_RECORD_BYTES || from + bytes > piece.length) break;
    const ip = piece.subarray(from, from + bytes);
    const udp = udpOffset(ip);
    const micros = piece.readUInt32LE(used) * 1e6 + piece.readUInt32LE(used + 4);
    if (udp !== null) take(ip.subarray(udp), at + from + udp, micros);
    used = from + bytes;
  }
  return used;
}

/** Where the payload of a UDP datagram begins in its IP packet; null: it is something else. */
function udpOffset(ip: Buffer): number | null {
  const version = (ip[0] ?? 0) >> 4;
  const [header, protocol] = version === 4 ? [((ip[0] ?? 0) & 0x0f) * 4, ip[9]] : [40, ip[6]];
  const payload = header + UDP_HEADER_BYTES;
  return protocol === UDP && payload <= ip.length ? payload : null;
}

/** Timestamp `a` less `b`, across the wrap. */
function ahead(a: number, b: number): number {
  return (a - b) | 0;
}
