import { open } from 'node:fs/promises';
import path from 'node:path';
import { parseEnd } from '../base/address.ts';
import { TRACE_FILES, type MappingPoint } from '../contract/trace.ts';
import { RtpPacket, parseRtp } from '../rtp/packet.ts';
import { codecOf } from '../rtp/payload-types.ts';
import { addressBytes } from '../rtp/pcap.ts';
import { readStart } from './files.ts';
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
/** Larger is no record, nor is one without room for the headers: the file is damaged from here on. */
const MAX_RECORD_BYTES = 65_535;
const PIECE_BYTES = 1 << 20;
/** As many hours as are read of the recordings, and some more: as packets they take 2 GB of memory. */
const MAX_BYTES = 700 * 2 ** 20;
/** Magic number and link type as rtp/pcap.ts writes them. */
const MAGIC = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const UDP = 17;
const IP_HEADER_BYTES = 20;
const UDP_HEADER_BYTES = 8;
const MIN_RECORD_BYTES = IP_HEADER_BYTES + UDP_HEADER_BYTES;

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
  const isPeers = comesFrom(manifest.peer);
  const known = await eachDatagram(
    path.join(trace.dir, TRACE_FILES.wire),
    ({ ip, payload, offset, micros }) => {
      if (parseRtp(ip.subarray(payload), packet) !== null || codecOf(packet.payloadType) === null) return;
      const at = (micros - startMicros) / 1000;
      // Not by the SSRC alone: a call that comes back to where it came from may have the same both ways.
      const [side, other] = isPeers(ip, payload) ? [sides.caller, sides.bot] : [sides.bot, sides.caller];
      if (!side.place(packet, at, offset)) other.place(packet, at, offset);
    },
  ).catch(() => false);
  return known ? { caller: sides.caller.sorted(), bot: sides.bot.sorted() } : null;
}

/** What the manifest has at the end of a call, the events tell on the way. */
function pointsOf({ manifest, events }: Trace): readonly MappingPoint[] {
  if (manifest !== null && manifest.mapping.length > 0) return manifest.mapping;
  const mapping = new Mapping();
  for (const event of events) mapping.apply(event);
  return mapping.points;
}

/** Whether an IP packet, with its UDP payload at `payload`, was sent by an end, named as a manifest does. */
export function comesFrom(end: string): (ip: Buffer, payload: number) => boolean {
  const { host, port } = parseEnd(end) ?? { host: '', port: NaN };
  let address: Uint8Array;
  try {
    address = addressBytes(host);
  } catch {
    return () => false;
  }
  const at = address.length === 4 ? 12 : 8;
  return (ip, payload) =>
    ip.readUInt16BE(payload - UDP_HEADER_BYTES) === port &&
    ip.compare(address, 0, address.length, at, at + address.length) === 0;
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

/** What is wrong with a trace's capture, by its size and beginning; null: nothing is seen there. */
export async function wireProblem(dir: string): Promise<string | null> {
  const { bytes, total } = await readStart(path.join(dir, TRACE_FILES.wire), FILE_HEADER_BYTES);
  if (!isOurs(bytes))
    return `${TRACE_FILES.wire} is not a capture as it was written: its packets are not known`;
  return total > MAX_BYTES
    ? `${TRACE_FILES.wire} is too large (${total} bytes): only its start is read`
    : null;
}

function isOurs(head: Buffer): boolean {
  return (
    head.length === FILE_HEADER_BYTES &&
    head.readUInt32LE(0) === MAGIC &&
    head.readUInt32LE(20) === LINKTYPE_RAW
  );
}

/** A UDP datagram of a capture. */
export interface Captured {
  /** From the IP header on; `payload`: where in it UDP's begins. */
  readonly ip: Buffer;
  readonly payload: number;
  /** Of the payload in the file. */
  readonly offset: number;
  /** Since 1970. */
  readonly micros: number;
}

/**
 * Calls `take` with each UDP datagram of a capture of ours. A file that was being written ends within a record: it is
 * read up to there. False: it is no capture of ours.
 */
export async function eachDatagram(file: string, take: (datagram: Captured) => void): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(FILE_HEADER_BYTES);
    await handle.read(head, 0, FILE_HEADER_BYTES, 0);
    if (!isOurs(head)) return false;
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let from = FILE_HEADER_BYTES; from < MAX_BYTES;) {
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, from);
      const used = eachRecord(piece.subarray(0, bytesRead), from, take);
      if (used === 0) break;
      from += used;
    }
    return true;
  } finally {
    await handle.close();
  }
}

/** The whole records of `piece`, which stands at `at` in the file; how many bytes they take. */
function eachRecord(piece: Buffer, at: number, take: (datagram: Captured) => void): number {
  let used = 0;
  while (used + RECORD_HEADER_BYTES <= piece.length) {
    const bytes = piece.readUInt32LE(used + 8);
    const from = used + RECORD_HEADER_BYTES;
    if (bytes < MIN_RECORD_BYTES || bytes > MAX_RECORD_BYTES || from + bytes > piece.length) break;
    const ip = piece.subarray(from, from + bytes);
    const payload = payloadOffset(ip);
    const micros = piece.readUInt32LE(used) * 1e6 + piece.readUInt32LE(used + 4);
    if (payload !== null) take({ ip, payload, offset: at + from + payload, micros });
    used = from + bytes;
  }
  return used;
}

/** Where the payload of a UDP datagram begins in its IP packet; null: it is something else. */
function payloadOffset(ip: Buffer): number | null {
  const version = (ip[0] ?? 0) >> 4;
  const [header, protocol] = version === 4 ? [((ip[0] ?? 0) & 0x0f) * 4, ip[9]] : [40, ip[6]];
  const payload = header + UDP_HEADER_BYTES;
  return protocol === UDP && header >= IP_HEADER_BYTES && payload <= ip.length ? payload : null;
}

/** Timestamp `a` less `b`, across the wrap. */
function ahead(a: number, b: number): number {
  return (a - b) | 0;
}
