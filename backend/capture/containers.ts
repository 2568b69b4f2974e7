import { SidetoneError } from '../base/errors.ts';
import { PcapngContainer } from './pcapng.ts';

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
    // Zeros are what a copy that was broken off leaves: gigabytes of frames of nothing.
    if (captured === 0 || captured > MAX_FRAME_BYTES) return 'damaged';
    if (at + 16 + captured > end) return 'more';
    frame.linkType = this.#linkType;
    frame.epochMicros = this.#u32(bytes, at) * 1e6 + Math.floor(this.#u32(bytes, at + 4) / this.#perMicro);
    frame.from = at + 16;
    frame.to = frame.from + captured;
    return { length: 16 + captured, isFrame: true };
  }
}

function readU32LE(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at);
}

function readU32BE(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at);
}
