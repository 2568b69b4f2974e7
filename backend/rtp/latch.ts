import { SocketAddress } from 'node:net';
import type { RtpPacket } from './packet.ts';
import type { Endpoint } from './pcap.ts';

/** Two packets no farther apart than this are of one stream. */
const NEAR = 8;

/**
 * Whose packets are those of the far end. `expected`: from where they were agreed to come; `latched`: from elsewhere,
 * taken at its word from this packet on; `stranger`: to be thrown away.
 */
export type Verdict = 'expected' | 'latched' | 'stranger';

/**
 * Where a call's audio comes from and goes to, when signalling has named an address that need not be true (NAT). What
 * comes from the agreed address always counts, and settles it. As long as nothing came from there, the first stream
 * from elsewhere takes its place, once: a stream is two packets in sequence, so that one forged packet diverts nothing.
 */
export class Latch {
  #expected: Endpoint;
  #target: Endpoint;
  /** Whether a stream from elsewhere may take the place. */
  #open = true;
  /** The stranger heard last, and its packet. */
  #address = '';
  #port = 0;
  #ssrc = 0;
  #sequence = 0;

  constructor(expected: Endpoint) {
    this.#expected = canonical(expected);
    this.#target = this.#expected;
  }

  /** Where ours go. */
  get target(): Endpoint {
    return this.#target;
  }

  /** From where something was last thrown away; null: nothing was. */
  get stranger(): Endpoint | null {
    return this.#address === '' ? null : { address: this.#address, port: this.#port };
  }

  /** `from` as node:dgram gives it; `plausible`: the packet is of a kind that was agreed on. */
  judge(from: Endpoint, packet: RtpPacket, plausible: boolean): Verdict {
    const address = plainAddress(from.address);
    if (isAt(this.#expected, address, from.port)) {
      this.#target = this.#expected;
      this.#open = false;
      return 'expected';
    }
    if (isAt(this.#target, address, from.port)) {
      this.#open = false;
      return 'expected';
    }
    const step = ((packet.sequence - this.#sequence) << 16) >> 16;
    const follows =
      this.#address === address && this.#port === from.port && this.#ssrc === packet.ssrc && step > 0;
    this.#address = address;
    this.#port = from.port;
    this.#ssrc = packet.ssrc;
    this.#sequence = packet.sequence;
    if (!this.#open || !plausible || !follows || step > NEAR) return 'stranger';
    this.#take(address, from.port);
    return 'latched';
  }

  /** Of a packet that SRTP has vouched for: it may come from anywhere, at any time. */
  vouchedFor(from: Endpoint): Verdict {
    const address = plainAddress(from.address);
    this.#open = false;
    if (isAt(this.#target, address, from.port)) return 'expected';
    this.#take(address, from.port);
    return 'latched';
  }

  /** Whether reports may come from there: their port is often another. */
  isFarEnd(address: string): boolean {
    return plainAddress(address) === this.#target.address || plainAddress(address) === this.#expected.address;
  }

  /** Both ends have agreed anew (a valid re-INVITE or UPDATE): another stream may take the place once more. */
  renegotiate(expected: Endpoint): void {
    const agreed = canonical(expected);
    if (!isAt(this.#expected, agreed.address, agreed.port)) this.#target = agreed;
    this.#expected = agreed;
    this.#open = true;
  }

  #take(address: string, port: number): void {
    this.#target = { address, port };
    this.#open = false;
    this.#address = '';
  }
}

function isAt(end: Endpoint, address: string, port: number): boolean {
  return end.port === port && end.address === address;
}

/** As node:dgram writes it, so that equal addresses are equal texts. @throws when it is no address. */
function canonical({ address, port }: Endpoint): Endpoint {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return { address: plainAddress(new SocketAddress({ address, family }).address), port };
}

/** Without what a dual-stack socket puts before an IPv4 address. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
