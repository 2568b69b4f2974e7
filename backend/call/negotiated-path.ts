import type { NegotiatedMedia, SrtpKeys } from '../contract/sip.ts';
import { Latch, plainAddress, type Verdict } from '../rtp/latch.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { COMFORT_NOISE, codecOf } from '../rtp/payload-types.ts';
import { PcapFlow, type Endpoint } from '../rtp/pcap.ts';
import type { Srtp } from '../rtp/srtp.ts';
import type { MediaPath, MediaPathHandler } from './media-path.ts';
import type { PortPair } from './port-pair.ts';

export interface NegotiatedPathOptions {
  readonly ports: PortPair;
  /** Our address as the far end's network may see it, found by addressTowards(). */
  readonly address: string;
  readonly media: NegotiatedMedia;
  readonly makeSrtp: (keys: SrtpKeys) => Srtp;
  /** Audio comes from elsewhere than was agreed on. */
  onLatched(expected: Endpoint, from: Endpoint): void;
}

/** What two ends have agreed on by SDP: a reserved pair of ports, the one far end that is listened to, and SRTP. */
export class NegotiatedPath implements MediaPath {
  readonly #options: NegotiatedPathOptions;
  readonly #latch: Latch;
  readonly #packet = new RtpPacket();
  #handler: MediaPathHandler | null = null;
  #media: NegotiatedMedia;
  #srtp: Srtp | null;
  /** Where the far end's reports came from last; null: from nowhere yet. */
  #reportsFrom: Endpoint | null = null;
  #outgoing: PcapFlow;
  #reportsIn: PcapFlow;
  #reportsOut: PcapFlow;
  incoming: PcapFlow;

  constructor(options: NegotiatedPathOptions) {
    const { media } = options;
    this.#options = options;
    this.#media = media;
    this.#latch = new Latch(media.remote);
    this.#srtp = this.#srtpOf(media.srtp);
    this.#outgoing = this.#flowTo(media.remote);
    this.incoming = this.#flowFrom(media.remote);
    this.#reportsIn = this.#flowFrom(this.#reportsTarget, 1);
    this.#reportsOut = this.#flowTo(this.#reportsTarget, 1);
  }

  /** Our end. */
  get local(): Endpoint {
    return { address: this.#options.address, port: this.#options.ports.port };
  }

  /** Where something came from that was not taken; null: nothing did. */
  get stranger(): Endpoint | null {
    return this.#latch.stranger;
  }

  open(handler: MediaPathHandler): void {
    this.#handler = handler;
    this.#options.ports.listen(
      (datagram, from) => this.#receive(datagram, from, handler),
      (datagram, from) => this.#receiveReport(datagram, from, this.#reportsIn, handler),
    );
    handler.ready(this.local);
  }

  /** Both ends have agreed on something else. */
  change(media: NegotiatedMedia): void {
    const before = this.#media;
    this.#media = media;
    this.#latch.renegotiate(media.remote);
    // The same keys go on with their counters.
    if (!sameKeys(before.srtp, media.srtp)) this.#srtp = this.#srtpOf(media.srtp);
    this.#reportsFrom = null;
    this.#settle();
  }

  send(datagram: Uint8Array): void {
    const { ports } = this.#options;
    ports.send(this.#srtp ? this.#srtp.protect(datagram) : datagram, this.#latch.target);
    this.#handler?.sent(this.#outgoing, datagram);
  }

  sendReport(datagram: Uint8Array, muxed: boolean): void {
    const { ports } = this.#options;
    const bytes = this.#srtp ? this.#srtp.protectReport(datagram) : datagram;
    if (muxed || this.#media.reports === null) {
      ports.send(bytes, this.#latch.target);
      this.#handler?.sent(this.#outgoing, datagram);
    } else {
      ports.sendReport(bytes, this.#reportsTarget);
      this.#handler?.sent(this.#reportsOut, datagram);
    }
  }

  close(): void {
    this.#options.ports.close();
  }

  #receive(datagram: Uint8Array, from: Endpoint, handler: MediaPathHandler): void {
    if (isRtcp(datagram)) {
      this.#receiveReport(datagram, from, this.incoming, handler);
      return;
    }
    const packet = this.#packet;
    let plain = datagram;
    if (this.#srtp) {
      const opened = this.#srtp.unprotect(datagram);
      if (typeof opened === 'string') {
        handler.dropped(opened);
        return;
      }
      plain = opened;
    }
    const fault = parseRtp(plain, packet);
    // A packet that is none, as in the keep-alives of RFC 6263, tells the leg, and says nothing about addresses.
    if (fault === null) {
      const verdict = this.#verdict(from, packet);
      if (verdict === 'stranger') {
        handler.dropped('stranger');
        return;
      }
    } else if (!this.#latch.isFarEnd(from.address)) {
      handler.dropped('stranger');
      return;
    }
    handler.received(plain);
  }

  #verdict(from: Endpoint, packet: RtpPacket): Verdict {
    const before = this.#latch.target;
    const verdict = this.#srtp
      ? this.#latch.vouchedFor(from)
      : this.#latch.judge(from, packet, this.#isPlausible(packet.payloadType));
    if (this.#latch.target !== before) this.#settle();
    if (verdict === 'latched') this.#options.onLatched(this.#media.remote, this.#latch.target);
    return verdict;
  }

  #isPlausible(payloadType: number): boolean {
    return (
      codecOf(payloadType) !== null ||
      payloadType === COMFORT_NOISE ||
      payloadType === this.#media.eventPayload?.in
    );
  }

  #receiveReport(datagram: Uint8Array, from: Endpoint, flow: PcapFlow, handler: MediaPathHandler): void {
    if (!this.#srtp && !this.#latch.isFarEnd(from.address) && !this.#isReportEnd(from)) {
      handler.dropped('rtcp');
      return;
    }
    const opened = this.#srtp ? this.#srtp.unprotectReport(datagram) : datagram;
    if (typeof opened === 'string') {
      handler.dropped(opened);
      return;
    }
    if (flow === this.incoming) {
      handler.received(opened);
      return;
    }
    const known = this.#reportsFrom;
    if (known?.address !== from.address || known.port !== from.port) {
      this.#reportsFrom = { address: from.address, port: from.port };
      this.#settle();
    }
    handler.reported(opened, this.#reportsIn);
  }

  #isReportEnd(from: Endpoint): boolean {
    const { reports } = this.#media;
    return reports?.address === plainAddress(from.address) && reports.port === from.port;
  }

  /** Back to where reports came from; before that to where they were asked for, or beside audio that was latched. */
  get #reportsTarget(): Endpoint {
    const { reports, remote } = this.#media;
    const { target } = this.#latch;
    if (this.#reportsFrom) return this.#reportsFrom;
    if (reports !== null && target.address === remote.address) return reports;
    return { address: target.address, port: Math.min(65_535, target.port + 1) };
  }

  /** Addresses have changed: flows of the capture with them. */
  #settle(): void {
    const { target } = this.#latch;
    this.#outgoing = this.#flowTo(target);
    this.incoming = this.#flowFrom(target);
    this.#reportsIn = this.#flowFrom(this.#reportsTarget, 1);
    this.#reportsOut = this.#flowTo(this.#reportsTarget, 1);
  }

  #flowTo(remote: Endpoint, above = 0): PcapFlow {
    return new PcapFlow(this.#ours(remote, above), remote);
  }

  #flowFrom(remote: Endpoint, above = 0): PcapFlow {
    return new PcapFlow(remote, this.#ours(remote, above));
  }

  /** A far end of the other family is seen by a socket that has both: our address of that one is not known. */
  #ours(remote: Endpoint, above: number): Endpoint {
    const { address, port } = this.local;
    const isV6 = remote.address.includes(':') && !remote.address.startsWith('::ffff:');
    const fits = address.includes(':') === isV6;
    return { address: fits ? address : isV6 ? '::' : '0.0.0.0', port: port + above };
  }

  #srtpOf(keys: SrtpKeys | null): Srtp | null {
    return keys && this.#options.makeSrtp(keys);
  }
}

function sameKeys(a: SrtpKeys | null, b: SrtpKeys | null): boolean {
  if (a === null || b === null) return a === b;
  return a.suite === b.suite && Buffer.compare(a.out, b.out) === 0 && Buffer.compare(a.in, b.in) === 0;
}
