import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';

/**
 * RFC 3550 section 5.1:
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |           synchronization source (SSRC) identifier            |
 * |            contributing source (CSRC) identifiers             |
 */
export const RTP_HEADER_BYTES = 12;

const VERSION = 2;
const PADDING_BIT = 0x20;
const EXTENSION_BIT = 0x10;
const CSRC_COUNT = 0x0f;
const MARKER_BIT = 0x80;
const PAYLOAD_TYPE = 0x7f;

/**
 * Why a datagram is not an RTP packet: shorter than a header; another version; its CSRC list, header extension or
 * padding runs past its end; or nothing is left as payload (as in the keep-alives of RFC 6263).
 */
export const RTP_FAULTS = ['short', 'version', 'csrc', 'extension', 'padding', 'empty'] as const;
export type RtpFault = (typeof RTP_FAULTS)[number];

/** What parseRtp found. Made once and filled again for every datagram; `bytes` is the datagram itself, not a copy. */
export class RtpPacket {
  payloadType = 0;
  marker = false;
  sequence = 0;
  timestamp = 0;
  ssrc = 0;
  bytes: Uint8Array = new Uint8Array(0);
  payloadOffset = 0;
  payloadLength = 0;
}

/** Fills `into` and returns null, or returns what is wrong and leaves `into` unusable. Allocates nothing. */
export function parseRtp(datagram: Uint8Array, into: RtpPacket): RtpFault | null {
  const length = datagram.length;
  if (length < RTP_HEADER_BYTES) return 'short';
  const first = datagram[0] ?? 0;
  if (first >> 6 !== VERSION) return 'version';

  let offset = RTP_HEADER_BYTES + (first & CSRC_COUNT) * 4;
  if (offset > length) return 'csrc';

  if (first & EXTENSION_BIT) {
    // Section 5.3.1: 16 bits left to the profile, then how many 32-bit words follow.
    if (offset + 4 > length) return 'extension';
    offset += 4 + readU16(datagram, offset + 2) * 4;
    if (offset > length) return 'extension';
  }

  let end = length;
  if (first & PADDING_BIT) {
    // The last byte counts the padding, itself included.
    const padding = datagram[length - 1] ?? 0;
    if (padding === 0 || padding > length - offset) return 'padding';
    end -= padding;
  }
  if (end === offset) return 'empty';

  const second = datagram[1] ?? 0;
  into.marker = (second & MARKER_BIT) !== 0;
  into.payloadType = second & PAYLOAD_TYPE;
  into.sequence = readU16(datagram, 2);
  into.timestamp = readU32(datagram, 4);
  into.ssrc = readU32(datagram, 8);
  into.bytes = datagram;
  into.payloadOffset = offset;
  into.payloadLength = end - offset;
  return null;
}

/** Writes the 12 bytes of a header without padding, extension or CSRC to the start of `into`. */
export function writeRtpHeader(
  into: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  into[0] = VERSION << 6;
  into[1] = (marker ? MARKER_BIT : 0) | payloadType;
  writeU16(into, 2, sequence);
  writeU32(into, 4, timestamp);
  writeU32(into, 8, ssrc);
}

/**
 * Whether a datagram on a port shared by RTP and RTCP is RTCP: by the packet types 192-223 (RFC 5761 section 4),
 * which are the payload types 64-95 with a marker and so not to be used for RTP.
 */
export function isRtcp(datagram: Uint8Array): boolean {
  const type = datagram[1] ?? 0;
  return datagram.length >= 4 && (datagram[0] ?? 0) >> 6 === VERSION && type >= 192 && type <= 223;
}
