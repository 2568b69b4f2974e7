import { decode, encode, type Codec } from '../audio/g711.ts';
import { epochMs, type Clock } from '../base/clock.ts';
import type { StreamStats } from '../contract/events.ts';
import { LINE_RATE, type HeardFrame, type SpokenTag } from '../contract/party.ts';
import type { NegotiatedMedia } from '../contract/sip.ts';
import { DtmfReceiver, DtmfSender, isTelephoneEvent } from '../rtp/dtmf.ts';
import type { Paced } from '../rtp/grid.ts';
import type { Pacer } from '../rtp/pacer.ts';
import { RtpPacket, isRtcp, parseRtp, type RtpFault } from '../rtp/packet.ts';
import type { Endpoint, PcapFlow } from '../rtp/pcap.ts';
import { COMFORT_NOISE, codecOf, payloadTypeOf } from '../rtp/payload-types.ts';
import { ReceiveBuffer } from '../rtp/receive-buffer.ts';
import { ReceptionStats } from '../rtp/stats.ts';
import { MAX_PAYLOAD_BYTES, RtpStream } from '../rtp/stream-out.ts';
import type { MediaPath, MediaPathHandler, PathDropReason } from './media-path.ts';
import { RtcpSession } from './rtcp-session.ts';
import type { ReceptionHealth } from '../trace/signals.ts';

/** Audio in one packet, until the far end shows another size (RFC 3551 section 4.2). */
export const DEFAULT_PTIME_MS = 20;
const SAMPLES_PER_MS = LINE_RATE / 1000;
/** A packet size seen so often in a row is the caller's new ptime, not a file's short last packet. */
const PTIME_CONFIRMED_BY = 5;
/** A packet of ours that leaves so late is worth an event: a far end's jitter buffer may not bridge it. */
const STALL_MS = 10;
export type DropReason = RtpFault | PathDropReason | 'size';

/** What both ends have agreed on, as far as the leg needs it. */
export type AgreedMedia = Pick<NegotiatedMedia, 'codec' | 'ptimeMs' | 'eventPayload' | 'sends'>;

export interface RtpLegOptions {
  readonly path: MediaPath;
  readonly codec: Codec;
  /** null (raw RTP): nothing was, and the far end's codec, packet size and kind of events are taken as it shows them. */
  readonly agreed: AgreedMedia | null;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly handler: RtpLegHandler;
}

/** What a leg tells its call. Called on the media path: no handler may wait. */
export interface RtpLegHandler {
  /** Packets can leave; `local` is what the far end sees. */
  ready(local: Endpoint): void;
  heard(frame: HeardFrame): void;
  /** Fill `out`, which leaves at `at` as position `position` of our track. */
  speak(out: Int16Array, position: number, at: number): SpokenTag | null;
  spoken(pcm: Int16Array, position: number): void;
  /** From `position` of a side's track on, its timestamps count from `timestamp`. */
  mapped(stream: 'caller' | 'bot', ssrc: number, timestamp: number, position: number): void;
  /** A packet of ours left so late that the far end may have run dry. */
  stalled(lateMs: number): void;
  wire(flow: PcapFlow, datagram: Uint8Array): void;
  keyPressed(digit: string, durationMs: number): void;
  keySent(digit: string, durationMs: number): void;
  sourceChanged(ssrc: number, reason: 'ssrc' | 'restart'): void;
  unknownPayload(payloadType: number): void;
  dropped(reason: DropReason): void;
  /** A report of the far end came: the highest sequence number of ours it has seen; null: it does not mention us. */
  reported(highest: number | null): void;
  /** The far end is gone; said once. */
  gone(reason: string): void;
}

/** One call's RTP in both directions: receive buffer, outgoing stream, keys, reports. */
export class RtpLeg implements Paced, MediaPathHandler {
  readonly #options: RtpLegOptions;
  readonly #handler: RtpLegHandler;
  readonly #path: MediaPath;
  #agreed: AgreedMedia | null;
  readonly #packet = new RtpPacket();
  readonly #incoming: {
    sequence: number;
    timestamp: number;
    ssrc: number;
    marker: boolean;
    codec: Codec | 'CN' | 'none';
    payload: Uint8Array;
  };
  readonly #buffer: ReceiveBuffer;
  readonly #keys: DtmfReceiver;
  readonly #keysOut: DtmfSender;
  readonly #stream: RtpStream;
  readonly #reports: RtcpSession;
  #reception = new ReceptionStats(LINE_RATE);
  #codec: Codec;
  #out: Int16Array;
  /** The same in G.711, in the packet. */
  #payload: Uint8Array;
  #unpace: (() => void) | null = null;
  /** The call's start on the scale of the grid, whose ticks are whole milliseconds: positions are exact. */
  readonly #startSample: number;
  /** End of what was sent, on the same scale. */
  #sentUntil = -Infinity;
  /** Our timestamps less positions as they were told last. */
  #mappedBy = NaN;
  #spoke = false;
  #remoteSsrc: number | null = null;
  #lastPacketAt: number;
  #otherSize = 0;
  #otherSizeSeen = 0;
  #reportsMuxed = false;
  #gone = false;
  readonly #health = { jitterMs: 0, lost: 0, late: 0 };
  readonly #unknownPayloads = new Set<number>();
  intervalMs = DEFAULT_PTIME_MS;

  constructor(options: RtpLegOptions, startedAt: number) {
    const { handler, path, agreed } = options;
    this.#options = options;
    this.#handler = handler;
    this.#path = path;
    this.#agreed = agreed;
    this.#codec = options.codec;
    this.#lastPacketAt = startedAt;
    this.#incoming = {
      sequence: 0,
      timestamp: 0,
      ssrc: 0,
      marker: false,
      codec: this.#codec,
      payload: new Uint8Array(0),
    };
    this.#buffer = new ReceiveBuffer({
      onFrame: (frame) => handler.heard(frame),
      onSource: (ssrc, reason) => {
        this.#reception = new ReceptionStats(LINE_RATE);
        this.#remoteSsrc = ssrc;
        handler.sourceChanged(ssrc, reason);
      },
      onMapped: (ssrc, timestamp, position) => handler.mapped('caller', ssrc, timestamp, position),
    });
    this.#keys = new DtmfReceiver((digit, durationMs) => handler.keyPressed(digit, durationMs));
    this.#keysOut = new DtmfSender((digit, durationMs) => handler.keySent(digit, durationMs));
    this.#stream = new RtpStream(this.#keysOut);
    this.#reports = new RtcpSession(this.#stream.ssrc, startedAt);
    this.#out = new Int16Array((DEFAULT_PTIME_MS * LINE_RATE) / 1000);
    this.#payload = this.#stream.payload.subarray(0, this.#out.length);
    this.#startSample = Math.round(startedAt * SAMPLES_PER_MS);
    if (agreed) this.change(agreed);
    path.open(this);
  }

  get codec(): Codec {
    return this.#codec;
  }

  get remoteSsrc(): number | null {
    return this.#remoteSsrc;
  }

  /** When the last RTP packet came, clock ms. */
  get lastPacketAt(): number {
    return this.#lastPacketAt;
  }

  /** The same object each time, with the figures of now. */
  get health(): ReceptionHealth {
    this.#health.jitterMs = this.#reception.jitterMs;
    this.#health.lost = this.#buffer.counts.lost;
    this.#health.late = this.#buffer.counts.late;
    return this.#health;
  }

  /** Whether keys can be sent as telephone events. */
  get sendsKeys(): boolean {
    return this.#agreed === null || this.#agreed.eventPayload !== null;
  }

  /** Whether audio leaves. */
  get sends(): boolean {
    return this.#agreed?.sends ?? true;
  }

  /** Plays digits to the far end. @throws SidetoneError 'usage' for what is no digit. */
  sendKeys(digits: string): void {
    this.#keysOut.play(digits);
  }

  /** Both ends have agreed on something else: what leaves from the next packet on. */
  change(agreed: AgreedMedia): void {
    this.#agreed = agreed;
    this.#codec = agreed.codec;
    if (agreed.eventPayload) this.#stream.eventPayloadType = agreed.eventPayload.out;
    if (agreed.ptimeMs !== this.intervalMs) this.#setInterval(agreed.ptimeMs);
  }

  ready(local: Endpoint): void {
    if (this.#gone) return;
    this.#handler.ready(local);
    this.#unpace = this.#options.pacer.add(this);
  }

  received(datagram: Uint8Array): void {
    this.receive(datagram, this.#options.clock.now());
  }

  /** Takes a datagram of the far end. */
  receive(datagram: Uint8Array, now: number): void {
    if (isRtcp(datagram)) {
      this.#reportsMuxed = true;
      this.reported(datagram, this.#path.incoming);
      return;
    }
    const packet = this.#packet;
    const fault = parseRtp(datagram, packet);
    if (fault) {
      this.#handler.dropped(fault);
      return;
    }
    this.#handler.wire(this.#path.incoming, datagram);
    this.#lastPacketAt = now;
    const { payloadType } = packet;
    const codec = payloadType === COMFORT_NOISE ? 'CN' : codecOf(payloadType);
    if (codec === null) {
      if (this.#isEvent(packet)) this.#keys.push(packet, now);
      else this.#unknown(payloadType);
    }
    if (packet.payloadLength > MAX_PAYLOAD_BYTES) {
      this.#handler.dropped('size');
      return;
    }
    this.#remoteSsrc ??= packet.ssrc;
    this.#reception.add(packet.sequence, packet.timestamp, now);
    if (codec !== null && codec !== 'CN' && this.#agreed === null) {
      this.#codec = codec;
      this.#watchSize(packet.payloadLength);
    }
    const incoming = this.#incoming;
    incoming.sequence = packet.sequence;
    incoming.timestamp = packet.timestamp;
    incoming.ssrc = packet.ssrc;
    incoming.marker = packet.marker;
    incoming.codec = codec ?? 'none';
    incoming.payload = datagram.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadLength);
    this.#buffer.push(incoming, now);
  }

  /** Called every slot: releases gaps, keeps the caller's track going, sends reports. */
  tick(now: number): void {
    this.#buffer.advance(now);
    this.#keys.advance(now);
    if (this.#reports.isDue(now)) this.#sendReport(now, null);
  }

  /** A tick of the pacer: one packet leaves, always. */
  due(dueAt: number, now: number, skipped: number): void {
    const samples = this.#out.length;
    const gridSample = Math.round(dueAt * SAMPLES_PER_MS);
    // Another packet size has moved the grid: what was sent before lasts until then.
    if (gridSample < this.#sentUntil) return;
    this.#sentUntil = gridSample + samples;
    if (skipped > 0) this.#stream.skip(skipped * samples);
    // By the grid, which is absolute: a sample's position is the moment at which it can first be heard.
    const position = gridSample - this.#startSample;
    if (!this.sends) {
      this.#stream.skip(samples);
      this.#spoke = false;
      return;
    }
    if (skipped > 0 || now - dueAt >= STALL_MS)
      this.#handler.stalled(now - dueAt + skipped * this.intervalMs);
    this.#tellMapping(position);
    const tag = this.#handler.speak(this.#out, position, now);
    if (tag === null) this.#out.fill(0);
    encode(this.#codec, this.#out, this.#payload);
    // What the far end will hear is what is recorded.
    decode(this.#codec, this.#payload, this.#out);
    const spurt = tag !== null && !this.#spoke;
    this.#spoke = tag !== null;
    const datagram = this.#stream.next(payloadTypeOf(this.#codec), samples, spurt);
    this.#path.send(datagram);
    if (!this.#stream.carriesAudio) this.#out.fill(0);
    this.#handler.spoken(this.#out, position);
  }

  failed(error: unknown): void {
    this.gone(`internal error while sending: ${String(error)}`);
  }

  stats(pacingP99Ms: number): StreamStats {
    const counts = this.#buffer.counts;
    return {
      received: this.#reception.received,
      sent: this.#stream.packets,
      lost: counts.lost,
      late: counts.late,
      duplicated: counts.duplicated,
      reordered: counts.reordered,
      concealed_ms: counts.concealedMs,
      jitter_ms: this.#reception.jitterMs,
      round_trip_ms: this.#reports.roundTripMs,
      pacing_p99_ms: pacingP99Ms,
    };
  }

  sent(flow: PcapFlow, datagram: Uint8Array): void {
    this.#handler.wire(flow, datagram);
  }

  reported(datagram: Uint8Array, flow: PcapFlow): void {
    this.#handler.wire(flow, datagram);
    const read = this.#reports.read(datagram, epochMs());
    if (!read) {
      this.#handler.dropped('rtcp');
      return;
    }
    if (read.isReport) this.#handler.reported(read.highest);
    // Where there is signalling, that says when a call is over; a source may leave because another takes its place.
    const left = this.#agreed === null && this.#remoteSsrc !== null && read.left.includes(this.#remoteSsrc);
    if (left) this.gone('far end said goodbye (RTCP BYE)');
  }

  dropped(reason: DropReason): void {
    this.#handler.dropped(reason);
  }

  gone(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#handler.gone(reason);
  }

  /** Says goodbye by RTCP, stops sending, closes both sockets. */
  close(): void {
    this.#gone = true;
    this.#unpace?.();
    this.#unpace = null;
    this.#sendReport(this.#options.clock.now(), 'call ended');
    this.#path.close();
  }

  /** Where the next packet's first sample stands, unless that follows from what was told before. */
  #tellMapping(position: number): void {
    const by = (this.#stream.timestamp - position) >>> 0;
    if (by === this.#mappedBy) return;
    this.#mappedBy = by;
    this.#handler.mapped('bot', this.#stream.ssrc, this.#stream.timestamp, position);
  }

  /** Where keys are agreed to go by signalling, a far end may send events all the same. */
  #isEvent(packet: RtpPacket): boolean {
    const agreed = this.#agreed?.eventPayload;
    return agreed ? packet.payloadType === agreed.in : isTelephoneEvent(packet);
  }

  #watchSize(samples: number): void {
    if (samples === this.#out.length) {
      this.#otherSizeSeen = 0;
      return;
    }
    this.#otherSizeSeen = samples === this.#otherSize ? this.#otherSizeSeen + 1 : 1;
    this.#otherSize = samples;
    // Before the first packet of ours has left the first size heard is taken at its word.
    if (this.#otherSizeSeen < PTIME_CONFIRMED_BY && this.#stream.packets > 0) return;
    const intervalMs = (samples * 1000) / LINE_RATE;
    if (intervalMs < 10 || intervalMs > 60 || intervalMs % 5 !== 0) return;
    this.#otherSizeSeen = 0;
    this.#setInterval(intervalMs);
  }

  #setInterval(intervalMs: number): void {
    const samples = intervalMs * SAMPLES_PER_MS;
    this.intervalMs = intervalMs;
    this.#out = new Int16Array(samples);
    this.#payload = this.#stream.payload.subarray(0, samples);
    if (!this.#unpace) return;
    this.#unpace();
    this.#unpace = this.#options.pacer.add(this);
  }

  #unknown(payloadType: number): void {
    if (this.#unknownPayloads.has(payloadType)) return;
    this.#unknownPayloads.add(payloadType);
    this.#handler.unknownPayload(payloadType);
  }

  #sendReport(now: number, bye: string | null): void {
    const report = this.#reports.report(
      {
        now,
        epochMs: epochMs(),
        sender: {
          rtpTimestamp: this.#stream.timestamp,
          packets: this.#stream.packets,
          octets: this.#stream.octets,
        },
        remote:
          this.#remoteSsrc === null ? null : { ssrc: this.#remoteSsrc, reception: this.#reception.report() },
      },
      bye,
    );
    this.#path.sendReport(report, this.#reportsMuxed);
  }
}
