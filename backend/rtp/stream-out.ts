import { randomInt } from 'node:crypto';
import { EVENT_BYTES, type DtmfSender } from './dtmf.ts';
import { RTP_HEADER_BYTES, writeRtpHeader } from './packet.ts';
import { TELEPHONE_EVENT } from './payload-types.ts';

/** 60 ms at 8 kHz, one byte a sample. */
export const MAX_PAYLOAD_BYTES = 480;

/**
 * What we send to one far end. SSRC, first sequence number and first timestamp are random (RFC 3550 section 5.1).
 * The timestamp follows the clock whether or not a packet leaves; the sequence number counts packets.
 */
export class RtpStream {
  readonly ssrc = randomInt(2 ** 32);
  readonly #dtmf: DtmfSender;
  readonly #datagram = Buffer.alloc(RTP_HEADER_BYTES + MAX_PAYLOAD_BYTES);
  #sequence = randomInt(2 ** 16);
  #timestamp = randomInt(2 ** 32);
  #packets = 0;
  #octets = 0;
  #carriesAudio = true;
  #spurtBegins = true;
  /** The datagram's part that is sent, made again only when its length changes. */
  #view = this.#datagram;

  /** Write the next packet's audio here, then call next(). */
  readonly payload: Uint8Array = this.#datagram.subarray(RTP_HEADER_BYTES);

  /** Of telephone events from the next on. */
  eventPayloadType: number;

  constructor(dtmf: DtmfSender, eventPayloadType = TELEPHONE_EVENT) {
    this.#dtmf = dtmf;
    this.eventPayloadType = eventPayloadType;
  }

  /** Of the next packet; what a sender report pairs with the clock. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** Packets and payload bytes sent, as a sender report counts them. */
  get packets(): number {
    return this.#packets;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Whether the packet that next() has just written carries audio, not an event in its place. */
  get carriesAudio(): boolean {
    return this.#carriesAudio;
  }

  /**
   * The datagram to send now, valid until the next call: `samples` bytes of G.711 from `payload`, or in its place
   * an event while digits are played. `spurt`: the first speech after silence.
   */
  next(payloadType: number, samples: number, spurt: boolean): Buffer {
    if (samples < 1 || samples > MAX_PAYLOAD_BYTES) {
      throw new RangeError(`${samples} samples do not fit a packet (1-${MAX_PAYLOAD_BYTES})`);
    }
    if (spurt) this.#spurtBegins = true;
    const event = this.#dtmf.next(this.#timestamp, samples, this.payload);
    const bytes = event === null ? samples : EVENT_BYTES;
    this.#carriesAudio = event === null;
    if (event === null) {
      writeRtpHeader(
        this.#datagram,
        payloadType,
        this.#spurtBegins,
        this.#sequence,
        this.#timestamp,
        this.ssrc,
      );
      this.#spurtBegins = false;
    } else {
      const { timestamp } = this.#dtmf;
      writeRtpHeader(
        this.#datagram,
        this.eventPayloadType,
        event === 'start',
        this.#sequence,
        timestamp,
        this.ssrc,
      );
    }
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + samples) >>> 0;
    this.#packets++;
    this.#octets += bytes;
    if (this.#view.length !== RTP_HEADER_BYTES + bytes) {
      this.#view = this.#datagram.subarray(0, RTP_HEADER_BYTES + bytes);
    }
    return this.#view;
  }

  /** Time passed without a packet (the pacer skipped ticks): a gap in timestamps, none in sequence numbers. */
  skip(samples: number): void {
    this.#timestamp = (this.#timestamp + samples) >>> 0;
    this.#spurtBegins = true;
  }
}
