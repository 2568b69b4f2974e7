import net from 'node:net';
import { writeU16 } from './bytes.ts';

/**
 * Classic pcap, microseconds, link type RAW: each record is an IP packet, whose headers are made up around the
 * datagrams of a call. https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html
 */
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const SNAP_LENGTH = 65535;
const RECORD_HEADER_BYTES = 16;
const UDP_HEADER_BYTES = 8;
const UDP = 17;
const HOPS = 64;

/** The most that a record is longer than its datagram: record header, IPv6 header, UDP header. */
export const PCAP_RECORD_OVERHEAD = RECORD_HEADER_BYTES + 40 + UDP_HEADER_BYTES;

export interface Endpoint {
  /** IPv4 or IPv6, as node:dgram gives it. */
  readonly address: string;
  readonly port: number;
}

/** What a file begins with. */
export function pcapHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MAGIC_MICROSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  return header;
}

/** One direction between two endpoints: its IP and UDP headers are written once and completed per datagram. */
export class PcapFlow {
  readonly #headers: Uint8Array;
  readonly #isIpv6: boolean;
  /** Sums of the 16-bit words that stay the same, for the checksums (RFC 1071). */
  readonly #ipSum: number;
  readonly #udpSum: number;

  /** Throws a TypeError when an address is none; both are to be of one family. */
  constructor(from: Endpoint, to: Endpoint) {
    const source = addressBytes(from.address);
    const destination = addressBytes(to.address);
    if (source.length !== destination.length) {
      throw new TypeError(`${from.address} and ${to.address} are of different families`);
    }
    this.#isIpv6 = source.length === 16;
    const ipBytes = this.#isIpv6 ? 40 : 20;
    const headers = new Uint8Array(ipBytes + UDP_HEADER_BYTES);
    if (this.#isIpv6) {
      headers[0] = 0x60;
      headers[6] = UDP;
      headers[7] = HOPS;
      headers.set(source, 8);
      headers.set(destination, 24);
    } else {
      headers[0] = 0x45;
      headers[6] = 0x40; // do not fragment
      headers[8] = HOPS;
      headers[9] = UDP;
      headers.set(source, 12);
      headers.set(destination, 16);
    }
    writeU16(headers, ipBytes, from.port);
    writeU16(headers, ipBytes + 2, to.port);
    this.#headers = headers;
    this.#ipSum = sumWords(headers, 0, ipBytes);
    this.#udpSum =
      sumWords(source, 0, source.length) +
      sumWords(destination, 0, source.length) +
      UDP +
      from.port +
      to.port;
  }

  /**
   * Writes the record of `datagram` into `file` at `offset` and returns how many bytes it took, at most
   * PCAP_RECORD_OVERHEAD more than the datagram; the caller has seen to the room. `epochMicros`: since 1970.
   */
  write(file: Buffer, offset: number, epochMicros: number, datagram: Uint8Array): number {
    const headers = this.#headers;
    const udpLength = UDP_HEADER_BYTES + datagram.length;
    const ipLength = headers.length + datagram.length;
    const seconds = Math.floor(epochMicros / 1e6);
    file.writeUInt32LE(seconds, offset);
    file.writeUInt32LE(Math.floor(epochMicros - seconds * 1e6), offset + 4);
    file.writeUInt32LE(ipLength, offset + 8);
    file.writeUInt32LE(ipLength, offset + 12);

    const ip = offset + RECORD_HEADER_BYTES;
    const udp = ip + headers.length - UDP_HEADER_BYTES;
    const payload = udp + UDP_HEADER_BYTES;
    file.set(headers, ip);
    file.set(datagram, payload);
    if (this.#isIpv6) {
      writeU16(file, ip + 4, udpLength);
    } else {
      writeU16(file, ip + 2, ipLength);
      writeU16(file, ip + 10, checksum(this.#ipSum + ipLength));
    }
    writeU16(file, udp + 4, udpLength);
    // The length counts twice: in the header and in the pseudo header. 0 would mean that there is no checksum.
    const sum = checksum(this.#udpSum + 2 * udpLength + sumWords(file, payload, payload + datagram.length));
    writeU16(file, udp + 6, sum === 0 ? 0xffff : sum);
    return RECORD_HEADER_BYTES + ipLength;
  }
}

/** Sum of big-endian 16-bit words; an odd last byte counts as if a zero followed. */
function sumWords(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (i - from) % 2 === 0 ? (bytes[i] ?? 0) << 8 : (bytes[i] ?? 0);
  return sum;
}

function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/**
 * 4 or 16 bytes. An IPv4 address written as IPv6 (::ffff:192.0.2.1, as dual-stack sockets give it) becomes 4.
 * Throws a TypeError when it is no address.
 */
export function addressBytes(address: string): Uint8Array {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  switch (net.isIP(plain)) {
    case 4:
      return Uint8Array.from(plain.split('.'), Number);
    case 6:
      return ipv6Bytes(plain);
    default:
      throw new TypeError(`'${address}' is not an IP address`);
  }
}

/** Of one side of '::'. */
function hexWords(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => parseInt(word, 16));
}

function ipv6Bytes(address: string): Uint8Array {
  // A dotted tail (64:ff9b::192.0.2.1) is two more words.
  const dotted = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a: string, b: string, c: string, d: string) =>
      [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((word) => word.toString(16)).join(':'),
  );
  const [head = '', tail = ''] = dotted.split('::');
  const bytes = new Uint8Array(16);
  for (const [i, word] of hexWords(head).entries()) writeU16(bytes, i * 2, word);
  for (const [i, word] of hexWords(tail).toReversed().entries()) writeU16(bytes, 14 - i * 2, word);
  return bytes;
}
