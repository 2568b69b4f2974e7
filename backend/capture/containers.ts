import { SidetoneError } from '../base/errors.ts';

/** A captured frame within the bytes that were given to next(). */
export interface Frame {
  /** https://www.tcpdump.org/linktypes.html */
  linkType: number;
  /** Since 1970, whole microseconds; null: the file does not say (pcapng's simple packets). */
  epochMicros: number | null;
  /** [from, to) of the bytes. */
  from: number;
  to: number;
}

/** What lies at a place of the file: `length` bytes, among them a frame or not; or nothing that can be read. */
export type Found = { readonly length: number; readonly isFrame: boolean } | 'more' | 'damaged';

/** A kind of capture file, read forwards. */
export interface Container {
  /** Reads the record at `at`; 'more': it does not end before `end`. Fills `frame` when it is one. */
  next(bytes: Buffer, at: number, end: number, frame: Frame): Found;
}

/** No container's first record can be told by less. */
export const MAGIC_BYTES = 24;
/** The most that libpcap captures of a frame (MAXIMUM_SNAPLEN); a longer record is none. */
const MAX_FRAME_BYTES = 262_144;
/** Blocks beside frames may be longer: names, secrets, somebody's own. */
const MAX_BLOCK_BYTES = 1 << 24;

const ALLOWED =
  'use a capture as Wireshark, tshark, tcpdump or a PBX writes it: pcap or pcapng, of Ethernet, Linux "any" or raw IP';

/** What people take for a capture, by its first bytes. */
const OTHER_FILES: readonly (readonly [string, string])[] = [
  ['\x1f\x8b', 'compressed by gzip: unpack it first'],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd: unpack it first'],
  ['\x04\x22\x4d\x18', 'compressed by lz4: unpack it first'],
  ['PK', 'a zip archive'],
  ['snoop\0', 'a snoop capture: convert it with editcap'],
  ['GMBU', 'a Network Monitor capture: convert it with editcap'],
  ['RTSS', 'a Network Monitor capture: convert it with editcap'],
  ['\x34\xcd\xb2\xa1', "a capture of the 'modified' pcap kind: convert it with editcap"],
  ['\xa1\xb2\xcd\x34', "a capture of the 'modified' pcap kind: convert it with editcap"],
  ['#!rtpplay', 'an rtpdump file'],
  ['RIFF', 'a WAV file'],
  ['{', 'JSON text'],
  ['<', 'HTML or XML text'],
];

/** The container of a file that begins with `head`. @throws SidetoneError 'usage' that says what it is not. */
export function containerOf(head: Buffer): Container {
  const container = PcapContainer.of(head) ?? PcapngContainer.of(head);
  if (container) return container;
  const start = head.toString('latin1');
  const other = OTHER_FILES.find(([magic]) => start.startsWith(magic))?.[1];
  const what = other ?? (head.length === 0 ? 'empty' : 'something else');
  throw new SidetoneError('usage', `this is not a capture (pcap or pcapng) but ${what}`, { hint: ALLOWED });
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html */
class PcapContainer implements Container {
  readonly #u32: (bytes: Buffer, at: number) => number;
  /** Units of the fraction in a microsecond: 1, or 1000 for nanoseconds. */
  readonly #perMicro: number;
  readonly #linkType: number;
  #headed = false;

  private constructor(head: Buffer, bigEndian: boolean, nanoseconds: boolean) {
    this.#u32 = bigEndian ? readU32BE : readU32LE;
    this.#perMicro = nanoseconds ? 1000 : 1;
    // The upper bits tell of frame check sequences.
    this.#linkType = this.#u32(head, 20) & 0xffff;
  }

  static of(head: Buffer): PcapContainer | null {
    if (head.length < MAGIC_BYTES) return null;
    switch (head.readUInt32BE(0)) {
      case 0xa1b2c3d4:
        return new PcapContainer(head, true, false);
      case 0xd4c3b2a1:
        return new PcapContainer(head, false, false);
      case 0xa1b23c4d:
        return new PcapContainer(head, true, true);
      case 0x4d3cb2a1:
        return new PcapContainer(head, false, true);
      default:
        return null;
    }
  }

  next(bytes: Buffer, at: number, end: number, frame: Frame): Found {
    if (!this.#headed) {
      this.#headed = true;
      return { length: MAGIC_BYTES, isFrame: false };
    }
    if (at + 16 > end) return 'more';
    const captured = this.#u32(bytes, at + 8);
    if (captured > MAX_FRAME_BYTES) return 'damaged';
    if (at + 16 + captured > end) return 'more';
    frame.linkType = this.#linkType;
    frame.epochMicros = this.#u32(bytes, at) * 1e6 + Math.floor(this.#u32(bytes, at + 4) / this.#perMicro);
    frame.from = at + 16;
    frame.to = frame.from + captured;
    return { length: 16 + captured, isFrame: true };
  }
}

/** Block types of pcapng. */
const BLOCK = { section: 0x0a0d0d0a, interface: 1, obsolete: 2, simple: 3, enhanced: 6 } as const;
const OPTION = { end: 0, resolution: 9, offset: 14 } as const;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  /** Seconds to be added. */
  readonly offset: number;
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html */
class PcapngContainer implements Container {
  #u16 = readU16LE;
  #u32 = readU32LE;
  #interfaces: Interface[] = [];

  static of(head: Buffer): PcapngContainer | null {
    return head.length >= 12 && head.readUInt32BE(0) === BLOCK.section ? new PcapngContainer() : null;
  }

  next(bytes: Buffer, at: number, end: number, frame: Frame): Found {
    if (at + 12 > end) return 'more';
    if (bytes.readUInt32BE(at) === BLOCK.section && !this.#beginSection(bytes.readUInt32BE(at + 8)))
      return 'damaged';
    const type = this.#u32(bytes, at);
    const length = this.#u32(bytes, at + 4);
    if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK_BYTES) return 'damaged';
    if (at + length > end) return 'more';
    const isFrame = this.#readBlock(type, bytes, at + 8, at + length - 4, frame);
    return isFrame === null ? 'damaged' : { length, isFrame };
  }

  /** Each section has its own byte order and interfaces. */
  #beginSection(magic: number): boolean {
    const bigEndian = magic === 0x1a2b3c4d;
    if (!bigEndian && magic !== 0x4d3c2b1a) return false;
    this.#u16 = bigEndian ? readU16BE : readU16LE;
    this.#u32 = bigEndian ? readU32BE : readU32LE;
    this.#interfaces = [];
    return true;
  }

  /** Whether the block is a frame; null when it contradicts itself. */
  #readBlock(type: number, bytes: Buffer, from: number, to: number, frame: Frame): boolean | null {
    switch (type) {
      case BLOCK.interface:
        if (to - from < 8) return null;
        this.#interfaces.push(this.#readInterface(bytes, from, to));
        return false;
      case BLOCK.enhanced:
        return to - from < 20 ? null : this.#fill(frame, this.#u32(bytes, from), bytes, from, to);
      case BLOCK.obsolete:
        return to - from < 20 ? null : this.#fill(frame, this.#u16(bytes, from), bytes, from, to);
      case BLOCK.simple:
        return to - from < 4 ? null : this.#fillSimple(frame, bytes, from, to);
      default:
        return false;
    }
  }

  #fill(frame: Frame, interfaceId: number, bytes: Buffer, from: number, to: number): boolean | null {
    const captured = this.#u32(bytes, from + 12);
    const source = this.#interfaces[interfaceId];
    if (!source || captured > to - from - 20) return null;
    const ticks = (BigInt(this.#u32(bytes, from + 4)) << 32n) | BigInt(this.#u32(bytes, from + 8));
    frame.epochMicros = Number((ticks * 1_000_000n) / source.ticksPerSecond) + source.offset * 1e6;
    frame.linkType = source.linkType;
    frame.from = from + 20;
    frame.to = frame.from + captured;
    return true;
  }

  /** Says neither when nor how much was captured: that follows from the interface. */
  #fillSimple(frame: Frame, bytes: Buffer, from: number, to: number): boolean | null {
    const [source] = this.#interfaces;
    if (!source) return null;
    frame.epochMicros = null;
    frame.linkType = source.linkType;
    frame.from = from + 4;
    frame.to = frame.from + Math.min(this.#u32(bytes, from), source.snapLength, to - frame.from);
    return true;
  }

  #readInterface(bytes: Buffer, from: number, to: number): Interface {
    let ticksPerSecond = 1_000_000n;
    let offset = 0;
    for (let at = from + 8; at + 4 <= to;) {
      const code = this.#u16(bytes, at);
      const length = this.#u16(bytes, at + 2);
      const value = at + 4;
      if (code === OPTION.end || value + length > to) break;
      if (code === OPTION.resolution && length >= 1) ticksPerSecond = resolution(bytes[value] ?? 6);
      if (code === OPTION.offset && length >= 8) offset = this.#offset(bytes, value);
      at = value + Math.ceil(length / 4) * 4;
    }
    const snapLength = this.#u32(bytes, from + 4);
    return {
      linkType: this.#u16(bytes, from),
      snapLength: snapLength === 0 ? Infinity : snapLength,
      ticksPerSecond,
      offset,
    };
  }

  #offset(bytes: Buffer, at: number): number {
    const seconds = this.#u32 === readU32BE ? bytes.readBigInt64BE(at) : bytes.readBigInt64LE(at);
    return Number(seconds);
  }
}

/** if_tsresol: a power of ten, or of two with the highest bit set. */
function resolution(value: number): bigint {
  return value & 0x80 ? 2n ** BigInt(value & 0x7f) : 10n ** BigInt(value);
}

function readU16LE(bytes: Buffer, at: number): number {
  return bytes.readUInt16LE(at);
}

function readU16BE(bytes: Buffer, at: number): number {
  return bytes.readUInt16BE(at);
}

function readU32LE(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at);
}

function readU32BE(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at);
}
