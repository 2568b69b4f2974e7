/** From a captured frame to the UDP datagram in it: link layer, VLAN tags, IP. */

/** https://www.tcpdump.org/linktypes.html */
const LINK = {
  null: 0,
  ethernet: 1,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;
/** What OpenBSD and others say for raw IP within a file. */
const OLD_RAW = [12, 14];

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** 802.1Q, 802.1ad (QinQ), and what was used for it before. */
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];

const UDP = 17;
const UDP_HEADER_BYTES = 8;
/** IPv6 extension headers: hop-by-hop, routing, destination, mobility, HIP, shim6, whose length counts in eights. */
const EXTENSIONS: readonly number[] = [0, 43, 60, 135, 139, 140];
const FRAGMENT = 44;
const AUTHENTICATION = 51;

/**
 * datagram: `into` says where it lies; fragment: a part of a UDP datagram; truncated: a UDP datagram of which less was
 * captured than was sent (a snap length); other: no UDP; unknown: of a link layer that is not known.
 */
export type FrameKind = 'datagram' | 'fragment' | 'truncated' | 'other' | 'unknown';

/** Offsets of a datagram's parts within the bytes that were searched. */
export class DatagramPlace {
  /** Source address, then destination address. */
  addresses = 0;
  addressBytes: 4 | 16 = 4;
  /** Source port, then destination port. */
  ports = 0;
  /** [from, to) of the payload. */
  from = 0;
  to = 0;
}

/** Finds the UDP datagram in the frame [from, to). */
export function findDatagram(
  linkType: number,
  bytes: Buffer,
  from: number,
  to: number,
  into: DatagramPlace,
): FrameKind {
  switch (linkType) {
    case LINK.ethernet:
      return afterType(bytes, from + 12, to, into);
    case LINK.linuxSll:
      return afterType(bytes, from + 14, to, into);
    case LINK.linuxSll2: {
      // The type comes first here, and what it speaks of after the 20 bytes of the header.
      if (from + 20 > to) return 'other';
      return ofType(bytes.readUInt16BE(from), bytes, from + 20, to, into);
    }
    case LINK.null:
    case LINK.loop:
      // The protocol family is numbered differently on each system; the IP version says the same.
      return ofIp(bytes, from + 4, to, into);
    case LINK.raw:
    case LINK.ipv4:
    case LINK.ipv6:
      return ofIp(bytes, from, to, into);
    default:
      return OLD_RAW.includes(linkType) ? ofIp(bytes, from, to, into) : 'unknown';
  }
}

/** An EtherType at `at` with what it speaks of right behind it. */
function afterType(bytes: Buffer, at: number, to: number, into: DatagramPlace): FrameKind {
  if (at + 2 > to) return 'other';
  return ofType(bytes.readUInt16BE(at), bytes, at + 2, to, into);
}

function ofType(type: number, bytes: Buffer, at: number, to: number, into: DatagramPlace): FrameKind {
  if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return ofIp(bytes, at, to, into);
  // Two bytes of tag, then the next type.
  return VLAN_TAGS.includes(type) ? afterType(bytes, at + 2, to, into) : 'other';
}

function ofIp(bytes: Buffer, at: number, to: number, into: DatagramPlace): FrameKind {
  if (at >= to) return 'other';
  switch ((bytes[at] ?? 0) >> 4) {
    case 4:
      return ofIpv4(bytes, at, to, into);
    case 6:
      return ofIpv6(bytes, at, to, into);
    default:
      return 'other';
  }
}

/** RFC 791. */
function ofIpv4(bytes: Buffer, at: number, to: number, into: DatagramPlace): FrameKind {
  if (at + 20 > to || bytes[at + 9] !== UDP) return 'other';
  const headerBytes = ((bytes[at] ?? 0) & 0x0f) * 4;
  if (headerBytes < 20) return 'other';
  // More fragments to come, or an offset.
  if (bytes.readUInt16BE(at + 6) & 0x3fff) return 'fragment';
  into.addresses = at + 12;
  into.addressBytes = 4;
  return ofUdp(bytes, at + headerBytes, to, into);
}

/** RFC 8200. */
function ofIpv6(bytes: Buffer, at: number, to: number, into: DatagramPlace): FrameKind {
  if (at + 40 > to) return 'other';
  into.addresses = at + 8;
  into.addressBytes = 16;
  let next = bytes[at + 6] ?? 0;
  let header = at + 40;
  while (next !== UDP) {
    if (header + 8 > to) return 'other';
    const length = bytes[header + 1] ?? 0;
    if (next === FRAGMENT) {
      // An offset, or more to come. Neither: a whole packet that says so (RFC 6946).
      if (bytes.readUInt16BE(header + 2) & 0xfff9) return bytes[header] === UDP ? 'fragment' : 'other';
      next = bytes[header] ?? 0;
      header += 8;
    } else if (next === AUTHENTICATION) {
      next = bytes[header] ?? 0;
      header += (length + 2) * 4;
    } else if (EXTENSIONS.includes(next)) {
      next = bytes[header] ?? 0;
      header += (length + 1) * 8;
    } else {
      return 'other';
    }
  }
  return ofUdp(bytes, header, to, into);
}

/** RFC 768. What follows the datagram is the link's padding. */
function ofUdp(bytes: Buffer, at: number, to: number, into: DatagramPlace): FrameKind {
  if (at + UDP_HEADER_BYTES > to) return 'truncated';
  const length = bytes.readUInt16BE(at + 4);
  if (length < UDP_HEADER_BYTES) return 'other';
  if (at + length > to) return 'truncated';
  into.ports = at;
  into.from = at + UDP_HEADER_BYTES;
  into.to = at + length;
  return 'datagram';
}

/** Text of the address of 4 or 16 bytes at `at` (IPv6 as RFC 5952 has it). */
export function addressText(bytes: Buffer, at: number, length: 4 | 16): string {
  if (length === 4) return bytes.subarray(at, at + 4).join('.');
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(at + i * 2).toString(16));
  const text = words.join(':');
  // The longest run of two or more zeros, the first where several are.
  const [longest] = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].sort(
    (a, b) => b[0].length - a[0].length,
  );
  if (!longest) return text;
  const [head, tail] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${head.replace(/:$/, '')}::${tail.replace(/^:/, '')}`;
}
