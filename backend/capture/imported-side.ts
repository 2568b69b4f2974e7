import type { Codec } from '../audio/g711.ts';
import { Alignment } from '../rtp/alignment.ts';
import { LINE_RATE, type HeardFrame } from '../contract/party.ts';
import { DtmfReceiver } from '../rtp/dtmf.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { PcapFlow } from '../rtp/pcap.ts';
import { ReceiveBuffer, type ReceiveCounts } from '../rtp/receive-buffer.ts';
import { ReceptionStats } from '../rtp/stats.ts';
import type { CapturedLeg } from './legs.ts';
import { payloadKind, type PayloadKind } from './payload-kind.ts';

export interface ImportedSideHandler {
  /** `offset` added to the frame's position is its sample since the call's start; `moved`: from here on. */
  heard(frame: HeardFrame, offset: number, moved: boolean): void;
  /** From `position` of the side's track on, its timestamps count from `timestamp`. */
  mapped(ssrc: number, timestamp: number, position: number): void;
  sourceChanged(ssrc: number, reason: 'ssrc' | 'restart'): void;
  keyPressed(digit: string, durationMs: number): void;
  unknownPayload(payloadType: number): void;
}

/** One direction of a captured call, received as the engine receives, with the capture's times for a clock. */
export class ImportedSide {
  readonly leg: CapturedLeg;
  /** What its RTP packets are written as. */
  readonly flow: PcapFlow;
  readonly #handler: ImportedSideHandler;
  readonly #buffer: ReceiveBuffer;
  readonly #keys: DtmfReceiver;
  readonly #unknown = new Set<number>();
  readonly #incoming = {
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    marker: false,
    codec: 'PCMU' as Codec | 'CN' | 'none',
    payload: new Uint8Array(0) as Uint8Array,
  };
  #reception = new ReceptionStats(LINE_RATE);
  #received = 0;

  /** `startMs`: the moment that is sample 0, by the clock of push() and advance(). */
  constructor(leg: CapturedLeg, startMs: number, handler: ImportedSideHandler) {
    this.leg = leg;
    this.flow = new PcapFlow(leg.from, leg.to);
    this.#handler = handler;
    const alignment = new Alignment(startMs);
    this.#buffer = new ReceiveBuffer({
      onFrame: (frame) => {
        const moved = alignment.follow(frame);
        handler.heard(frame, alignment.offset, moved);
      },
      onSource: (ssrc, reason) => {
        this.#reception = new ReceptionStats(LINE_RATE);
        handler.sourceChanged(ssrc, reason);
      },
      onMapped: (ssrc, timestamp, position) => handler.mapped(ssrc, timestamp, position),
    });
    this.#keys = new DtmfReceiver((digit, durationMs) => handler.keyPressed(digit, durationMs));
  }

  /** Position of the next sample of its track. */
  get position(): number {
    return this.#buffer.position;
  }

  get counts(): ReceiveCounts {
    return this.#buffer.counts;
  }

  get received(): number {
    return this.#received;
  }

  get jitterMs(): number {
    return this.#reception.jitterMs;
  }

  /** Whether a packet between the leg's ends is the leg's: keys may come as a source of their own. */
  takes(packet: RtpPacket): boolean {
    return this.leg.ssrcs.includes(packet.ssrc) || this.#kindOf(packet) === 'telephone-event';
  }

  /** Takes a packet that was captured at `now`, ms. */
  push(packet: RtpPacket, now: number): void {
    const { payloadType, payloadOffset, payloadLength } = packet;
    const kind = this.#kindOf(packet);
    if (kind === 'telephone-event') this.#keys.push(packet, now);
    // The audio's numbers know nothing of another source.
    if (!this.leg.ssrcs.includes(packet.ssrc)) return;
    if (kind === null && !this.#unknown.has(payloadType)) {
      this.#unknown.add(payloadType);
      this.#handler.unknownPayload(payloadType);
    }
    this.#received += 1;
    this.#reception.add(packet.sequence, packet.timestamp, now);
    const incoming = this.#incoming;
    incoming.sequence = packet.sequence;
    incoming.timestamp = packet.timestamp;
    incoming.ssrc = packet.ssrc;
    incoming.marker = packet.marker;
    incoming.codec = kind === null || kind === 'telephone-event' ? 'none' : kind;
    incoming.payload = packet.bytes.subarray(payloadOffset, payloadOffset + payloadLength);
    this.#buffer.push(incoming, now);
  }

  /** To be called every few ms of the capture's time. */
  advance(now: number): void {
    this.#buffer.advance(now);
    this.#keys.advance(now);
  }

  #kindOf({ payloadType, payloadLength }: RtpPacket): PayloadKind {
    return payloadKind(payloadType, payloadLength, this.leg.named);
  }
}
