import { decode, encode, type Codec } from '../audio/g711.ts';
import { epochMs, type Clock } from '../base/clock.ts';
import type { Scope } from '../base/scope.ts';
import type { StreamStats } from '../contract/events.ts';
import { LINE_RATE, type HeardFrame, type SpokenTag } from '../contract/party.ts';
import { DtmfReceiver, DtmfSender, isTelephoneEvent } from '../rtp/dtmf.ts';
import type { Paced } from '../rtp/grid.ts';
import type { Pacer } from '../rtp/pacer.ts';
import { RtpPacket, isRtcp, parseRtp, type RtpFault } from '../rtp/packet.ts';
import { PcapFlow, type Endpoint } from '../rtp/pcap.ts';
import { COMFORT_NOISE, codecOf, payloadTypeOf } from '../rtp/payload-types.ts';
import { ReceiveBuffer } from '../rtp/receive-buffer.ts';
import { ReceptionStats } from '../rtp/stats.ts';
import { MAX_PAYLOAD_BYTES, RtpStream } from '../rtp/stream-out.ts';
import { RtcpSession } from './rtcp-session.ts';
import type { ReceptionHealth } from '../trace/signals.ts';
import { UdpLink } from './udp-link.ts';

/** Audio in one packet, until the far end shows another size (RFC 3551 section 4.2). */
export const DEFAULT_PTIME_MS = 20;
const SAMPLES_PER_MS = LINE_RATE / 1000;
/** A packet size seen so often in a row is the caller's new ptime, not a file's short last packet. */
const PTIME_CONFIRMED_BY = 5;
/** A packet of ours that leaves so late is worth an event: a far end's jitter buffer may not bridge it. */
const STALL_MS = 10;
/** A refusal alone may be a far end that restarts; the second in a row is one that is gone. */
const REFUSALS_TO_END = 2;

export type DropReason = RtpFault | 'rtcp' | 'size';

export interface RtpLegOptions {
  readonly local: Endpoint;
  /** Whether the local port is the listening one, shared with other sockets. */
  readonly shared: boolean;
  readonly remote: Endpoint;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly scope: Scope;
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
  stray(datagram: Uint8Array, from: { address: string; port: number }): void;
  /** The far end is gone; said once. */
  gone(reason: string): void;
}

/** One call's RTP in both directions: socket, receive buffer, outgoing stream, keys, reports. */
export class RtpLeg implements Paced {
  readonly #options: RtpLegOptions;
  readonly #handler: RtpLegHandler;
  readonly #link: UdpLink;
  /** For RTCP, on the next port up (RFC 3550 section 11); null until the RTP port is known. */
  #reportLink: UdpLink | null = null;
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
  #flowOut: PcapFlow;
  #flowIn: PcapFlow;
  #reportsOut: PcapFlow | null = null;
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
  #refusals = 0;
  #reportsMuxed = false;
  #reportsRefused = false;
  #gone = false;
  readonly #health = { jitterMs: 0, lost: 0, late: 0 };
  readonly #unknownPayloads = new Set<number>();
  intervalMs = DEFAULT_PTIME_MS;

  constructor(options: RtpLegOptions, startedAt: number) {
    const { clock, handler, scope, remote, local } = options;
    this.#options = options;
    this.#handler = handler;
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
    this.#link = new UdpLink({
      local,
      shared: options.shared,
      remote,
      scope,
      onDatagram: (datagram) => this.receive(datagram, clock.now()),
      onStray: (datagram, from) => handler.stray(datagram, from),
      onRefused: () => this.#refused(),
      onReady: () => this.#ready(),
    });
    this.#flowOut = new PcapFlow(local, remote);
    this.#flowIn = new PcapFlow(remote, local);
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

  /** Plays digits to the far end. @throws SidetoneError 'usage' for what is no digit. */
  sendKeys(digits: string): void {
    this.#keysOut.play(digits);
  }

  /** Takes a datagram of the far end. */
  receive(datagram: Uint8Array, now: number): void {
    if (isRtcp(datagram)) {
      this.#reportsMuxed = true;
      this.#readReport(datagram, this.#flowIn);
      return;
    }
    const packet = this.#packet;
    const fault = parseRtp(datagram, packet);
    if (fault) {
      this.#handler.dropped(fault);
      return;
    }
    this.#handler.wire(this.#flowIn, datagram);
    this.#refusals = 0;
    this.#lastPacketAt = now;
    const { payloadType } = packet;
    const codec = payloadType === COMFORT_NOISE ? 'CN' : codecOf(payloadType);
    if (codec === null) {
      if (isTelephoneEvent(packet)) this.#keys.push(packet, now);
      else this.#unknown(payloadType);
    }
    if (packet.payloadLength > MAX_PAYLOAD_BYTES) {
      this.#handler.dropped('size');
      return;
    }
    this.#remoteSsrc ??= packet.ssrc;
    this.#reception.add(packet.sequence, packet.timestamp, now);
    if (codec !== null && codec !== 'CN') {
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
    this.#link.send(datagram);
    this.#handler.wire(this.#flowOut, datagram);
    if (!this.#stream.carriesAudio) this.#out.fill(0);
    this.#handler.spoken(this.#out, position);
  }

  failed(error: unknown): void {
    this.#leave(`internal error while sending: ${String(error)}`);
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

  /** Says goodbye by RTCP, stops sending, closes both sockets. */
  close(): void {
    this.#gone = true;
    this.#unpace?.();
    this.#unpace = null;
    this.#sendReport(this.#options.clock.now(), 'call ended');
    this.#link.close();
    this.#reportLink?.close();
  }

  #ready(): void {
    const { local } = this.#link;
    const { remote, pacer } = this.#options;
    this.#flowOut = new PcapFlow(local, remote);
    this.#flowIn = new PcapFlow(remote, local);
    if (this.#gone) return;
    this.#handler.ready(local);
    this.#openReports(local);
    this.#unpace = pacer.add(this);
  }

  /** Where the next packet's first sample stands, unless that follows from what was told before. */
  #tellMapping(position: number): void {
    const by = (this.#stream.timestamp - position) >>> 0;
    if (by === this.#mappedBy) return;
    this.#mappedBy = by;
    this.#handler.mapped('bot', this.#stream.ssrc, this.#stream.timestamp, position);
  }

  #openReports(local: Endpoint): void {
    const { remote, shared, scope, handler } = this.#options;
    const ours = { address: local.address, port: local.port + 1 };
    const theirs = { address: remote.address, port: remote.port + 1 };
    if (Math.max(ours.port, theirs.port) > 65_535) return;
    const incoming = new PcapFlow(theirs, ours);
    this.#reportsOut = new PcapFlow(ours, theirs);
    this.#reportLink = new UdpLink({
      local: ours,
      shared,
      remote: theirs,
      scope,
      onDatagram: (datagram) => this.#readReport(datagram, incoming),
      onStray: () => handler.dropped('rtcp'),
      // A far end without a report port (Asterisk's External Media opens none) is nothing to worry about.
      onRefused: () => (this.#reportsRefused = true),
      onReady: () => undefined,
    });
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
    this.intervalMs = intervalMs;
    this.#out = new Int16Array(samples);
    this.#payload = this.#stream.payload.subarray(0, samples);
    this.#otherSizeSeen = 0;
    if (!this.#unpace) return;
    this.#unpace();
    this.#unpace = this.#options.pacer.add(this);
  }

  #unknown(payloadType: number): void {
    if (this.#unknownPayloads.has(payloadType)) return;
    this.#unknownPayloads.add(payloadType);
    this.#handler.unknownPayload(payloadType);
  }

  #readReport(datagram: Uint8Array, flow: PcapFlow): void {
    this.#handler.wire(flow, datagram);
    const read = this.#reports.read(datagram, epochMs());
    if (!read) this.#handler.dropped('rtcp');
    else if (this.#remoteSsrc !== null && read.left.includes(this.#remoteSsrc))
      this.#leave('far end said goodbye (RTCP BYE)');
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
    if (this.#reportsMuxed) {
      this.#link.send(report);
      this.#handler.wire(this.#flowOut, report);
    } else if (this.#reportLink && this.#reportsOut && !this.#reportsRefused) {
      this.#reportLink.send(report);
      this.#handler.wire(this.#reportsOut, report);
    }
  }

  #refused(): void {
    this.#refusals += 1;
    // Before the first packet nothing was refused yet: the socket could not be opened at all.
    if (this.#unpace === null) this.#leave('no route to the far end');
    else if (this.#refusals >= REFUSALS_TO_END) this.#leave('far end closed its port');
  }

  #leave(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#handler.gone(reason);
  }
}
