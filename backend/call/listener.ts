import type { Codec } from '../audio/g711.ts';
import { isRtcp, parseRtp, RtpPacket } from '../rtp/packet.ts';
import { Admission, type AdmissionLimits, type Refusal } from '../rtp/admission.ts';
import { PAYLOAD_TYPE_HINT, codecOf, describePayloadType } from '../rtp/payload-types.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import type { Afterglow } from './afterglow.ts';
import type { DropReason } from './rtp-leg.ts';

/** One refusal in this time is told; all are counted. */
const REFUSAL_TOLD_EVERY_MS = 1000;
/** Payload sizes a call may begin with: 10 to 60 ms of G.711. */
const MIN_FIRST_SAMPLES = 80;
const MAX_FIRST_SAMPLES = 480;

export interface ListenerHandler {
  /** A new caller: its first packet, valid and in a codec we speak. Returns the call's receiver. */
  newCall(remote: Endpoint, codec: Codec, samples: number, now: number): Receiver;
  refused(peer: string, reason: Refusal | 'codec', message: string): void;
  dropped(reason: DropReason): void;
}

export interface Receiver {
  receive(datagram: Uint8Array, now: number): void;
}

/** Tells callers apart by their source address and decides which datagram begins a call. No I/O. */
export class Listener {
  readonly #handler: ListenerHandler;
  readonly #admission: Admission;
  readonly #calls = new Map<string, Receiver>();
  readonly #afterglow: Afterglow;
  readonly #packet = new RtpPacket();
  #unspoken = 0;
  #toldAt = -Infinity;

  /** @throws SidetoneError 'usage' when an allowed network is none. */
  constructor(limits: AdmissionLimits, afterglow: Afterglow, handler: ListenerHandler) {
    this.#handler = handler;
    this.#afterglow = afterglow;
    this.#admission = new Admission(limits);
  }

  /** Packets of callers that were not answered, by reason. */
  get refused(): Readonly<Record<Refusal | 'codec', number>> {
    return { ...this.#admission.refused, codec: this.#unspoken };
  }

  /** A datagram that came to the listening socket, or astray to a call's. */
  receive(datagram: Uint8Array, from: { address: string; port: number }, now: number): void {
    const peer = keyOf(from);
    const call = this.#calls.get(peer);
    if (call) {
      call.receive(datagram, now);
      return;
    }
    if (isRtcp(datagram)) {
      this.#handler.dropped('rtcp');
      return;
    }
    const fault = parseRtp(datagram, this.#packet);
    if (fault) {
      this.#handler.dropped(fault);
      return;
    }
    if (this.#afterglow.has(peer, this.#packet.ssrc, now)) return;
    const { payloadType, payloadLength } = this.#packet;
    const codec = codecOf(payloadType);
    if (codec === null) {
      this.#unspoken += 1;
      this.#refuse(
        peer,
        'codec',
        `${describePayloadType(payloadType)} cannot be answered. ${PAYLOAD_TYPE_HINT}`,
        now,
      );
      return;
    }
    if (payloadLength < MIN_FIRST_SAMPLES || payloadLength > MAX_FIRST_SAMPLES) {
      this.#handler.dropped('size');
      return;
    }
    const refusal = this.#admission.admit(from.address, now);
    if (refusal) {
      this.#refuse(peer, refusal, REFUSAL_MESSAGES[refusal], now);
      return;
    }
    const remote = { address: from.address, port: from.port };
    const receiver = this.#handler.newCall(remote, codec, payloadLength, now);
    this.#calls.set(peer, receiver);
    receiver.receive(datagram, now);
  }

  /** The call from this source is over; what it still sends of the same stream begins no new one. */
  ended(remote: Endpoint, ssrc: number | null, now: number): void {
    const peer = keyOf(remote);
    if (!this.#calls.delete(peer)) return;
    this.#admission.release();
    if (ssrc !== null) this.#afterglow.add(peer, ssrc, now);
  }

  #refuse(peer: string, reason: Refusal | 'codec', message: string, now: number): void {
    if (now - this.#toldAt < REFUSAL_TOLD_EVERY_MS) return;
    this.#toldAt = now;
    this.#handler.refused(peer, reason, message);
  }
}

const REFUSAL_MESSAGES: Readonly<Record<Refusal, string>> = {
  network: 'its address is not in the allowed networks (--allow)',
  calls: 'as many calls as allowed are going on (--max-calls)',
  rate: 'too many new callers at once',
};

function keyOf(endpoint: { address: string; port: number }): string {
  return `${endpoint.address}:${endpoint.port}`;
}
