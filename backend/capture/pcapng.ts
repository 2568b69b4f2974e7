import type { Container, Found, Frame } from './containers.ts';

/** Blocks beside frames may be longer: names, secrets, somebody's own. */
const MAX_BLOCK_BYTES = 1 << 24;
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
export class PcapngContainer implements Container {
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
