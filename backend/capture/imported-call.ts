import { EVENT_VERSION, type CallEventBody, type StreamStats } from '../contract/events.ts';
import type { HeardFrame } from '../contract/party.ts';
import { SignalTap, type ReceptionHealth } from '../trace/signals.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { PAYLOAD_TYPE_HINT, describePayloadType } from '../rtp/payload-types.ts';
import { PcapFlow, type Endpoint } from '../rtp/pcap.ts';
import { Recorder } from '../trace/recorder.ts';
import { ImportedSide } from './imported-side.ts';
import { endpointText, sameEndpoint, type CapturedCall, type CapturedLeg } from './legs.ts';
import type { Datagram } from './pcap-file.ts';

const TICK_MS = 5;
const FLUSH_EVERY_MS = 1000;
const STATS_EVERY_MS = 5000;
/** What the receive buffers still hold back comes out within this. */
const SETTLE_MS = 50;
const REASON = 'the capture ends';

export interface ImportedCallStart {
  readonly id: string;
  readonly sidetone: string;
  readonly call: CapturedCall;
}

/**
 * A captured call on its way into a trace. Both sides are received streams, seen where they were captured: a caller's
 * sample stands at its packet's arrival less what follows it in the packet, a bot's at the arrival and what precedes
 * it, which is when it could first be heard.
 */
export class ImportedCall {
  /** Why the trace could not be written; null: it could. */
  trouble: string | null = null;
  readonly #id: string;
  readonly #recorder: Recorder;
  readonly #peaks: SignalTap;
  readonly #caller: ImportedSide;
  readonly #bot: ImportedSide;
  readonly #packet = new RtpPacket();
  readonly #health: { -readonly [K in keyof ReceptionHealth]: ReceptionHealth[K] } = {
    jitterMs: 0,
    lost: 0,
    late: 0,
  };
  readonly #startMs: number;
  readonly #endMs: number;
  /** Capture time, ms. */
  #now: number;
  #nextTickAt: number;
  #nextFlushAt: number;
  #nextStatsAt: number;
  #seq = 0;
  /** Where the concealment going on began on the caller's track. */
  #concealedFrom: number | null = null;

  constructor(tracesDir: string, { id, sidetone, call }: ImportedCallStart) {
    const { caller, bot } = call;
    this.#id = id;
    this.#startMs = Math.min(caller.firstMicros / 1000 - caller.ptimeMs, bot.firstMicros / 1000);
    this.#endMs = Math.max(caller.lastMicros, bot.lastMicros) / 1000;
    this.#now = this.#startMs;
    this.#nextTickAt = this.#startMs;
    this.#nextFlushAt = this.#startMs + FLUSH_EVERY_MS;
    this.#nextStatsAt = this.#startMs + STATS_EVERY_MS;
    const what = {
      peer: endpointText(caller.from),
      party: bot.from.address,
      codec: caller.codec,
      ptime_ms: caller.ptimeMs,
    };
    const startedAt = this.#startMs - performance.timeOrigin;
    const start = { ...what, sidetone, call: id, bot: null, origin: 'import' as const, startedAt };
    this.#recorder = new Recorder(tracesDir, start, (why) => (this.trouble ??= why));
    this.#peaks = new SignalTap(id, this.#recorder.peaks, this.#startMs, this.#now, this.#health);
    this.#emit({ type: 'call.started', ...what });
    this.#emit({ type: 'rtp.ready', local: endpointText(bot.from) });
    this.#caller = this.#callerSide(caller);
    this.#bot = this.#botSide(bot);
  }

  /** Takes what belongs to the call of a batch of the capture. */
  async take(batch: readonly Datagram[]): Promise<void> {
    for (const datagram of batch) {
      const side = this.#sideOf(datagram);
      if (side === null) continue;
      await this.#advanceTo(datagram.epochMicros / 1000);
      this.#receive(side, datagram);
    }
  }

  /** The trace is complete, or `trouble` says why not. */
  async close(): Promise<void> {
    await this.#advanceTo(this.#endMs + SETTLE_MS);
    this.#endConcealment(this.#caller.position);
    this.#emitStats();
    const duration_ms = this.#now - this.#startMs;
    this.#emit({ type: 'call.ended', reason: REASON, duration_ms });
    this.#peaks.flush();
    await this.#recorder.close(REASON, duration_ms);
  }

  /** Whose datagram it is, RTP or RTCP; null: it is none of this call's. */
  #sideOf({ epochMicros, from, to, payload }: Datagram): ImportedSide | null {
    for (const side of [this.#caller, this.#bot]) {
      const { leg } = side;
      if (epochMicros < leg.firstMicros || epochMicros / 1000 > this.#endMs) continue;
      if (sameEndpoint(leg.from, from) && sameEndpoint(leg.to, to)) return side;
      if (isRtcp(payload) && reports(leg, from, to)) return side;
    }
    return null;
  }

  /** Moves the clock of both sides; what they give goes to the disk as it comes, however long a pause is. */
  async #advanceTo(now: number): Promise<void> {
    for (; this.#nextTickAt <= now; this.#nextTickAt += TICK_MS) {
      this.#now = Math.max(this.#now, this.#nextTickAt);
      this.#tick();
      if (this.#nextFlushAt > this.#now) continue;
      this.#nextFlushAt += FLUSH_EVERY_MS;
      this.#peaks.flush();
      await this.#recorder.flush();
    }
    // Frames of a capture may stand a little out of order.
    this.#now = Math.max(this.#now, now);
  }

  #tick(): void {
    this.#caller.advance(this.#now);
    this.#bot.advance(this.#now);
    this.#health.jitterMs = this.#caller.jitterMs;
    this.#health.lost = this.#caller.counts.lost;
    this.#health.late = this.#caller.counts.late;
    this.#peaks.tick(this.#now, this.#health);
    if (this.#now < this.#nextStatsAt) return;
    this.#nextStatsAt += STATS_EVERY_MS;
    this.#emitStats();
  }

  #receive(side: ImportedSide, { epochMicros, from, to, payload }: Datagram): void {
    const packet = this.#packet;
    if (isRtcp(payload)) {
      this.#recorder.datagram(new PcapFlow(from, to), epochMicros, payload);
    } else if (parseRtp(payload, packet) === null && side.takes(packet)) {
      this.#recorder.datagram(side.flow, epochMicros, payload);
      side.push(packet, this.#now);
    }
  }

  #callerSide(leg: CapturedLeg): ImportedSide {
    return new ImportedSide(leg, this.#startMs, {
      heard: (frame, offset, moved) => {
        if (moved) this.#emit({ type: 'caller.aligned', offset, from: frame.position });
        this.#watchConcealment(frame);
        const position = frame.position + offset;
        this.#recorder.caller(frame.pcm, position);
        this.#peaks.caller(frame.pcm, position);
      },
      mapped: (ssrc, rtp_timestamp, position) =>
        this.#emit({ type: 'rtp.mapped', stream: 'caller', ssrc, rtp_timestamp, position }),
      sourceChanged: (ssrc, reason) => this.#emit({ type: 'rtp.source_changed', ssrc, reason }),
      keyPressed: (digit, duration_ms) => this.#emit({ type: 'dtmf.received', digit, duration_ms }),
      unknownPayload: (payload_type) => {
        const hint = `${describePayloadType(payload_type)} cannot be understood. ${PAYLOAD_TYPE_HINT}`;
        this.#emit({ type: 'rtp.unknown_payload', payload_type, hint });
      },
    });
  }

  #botSide(leg: CapturedLeg): ImportedSide {
    /** What the stream was mapped by last. */
    let mapped = { ssrc: 0, timestamp: 0, position: 0 };
    let told = false;
    return new ImportedSide(leg, this.#startMs - leg.ptimeMs, {
      heard: (frame, offset, moved) => {
        const position = frame.position + offset;
        // A bot's positions are samples since the call's start: nothing else tells of its alignment.
        if (moved || !told) {
          const rtp_timestamp = (mapped.timestamp + frame.position - mapped.position) >>> 0;
          this.#emit({ type: 'rtp.mapped', stream: 'bot', ssrc: mapped.ssrc, rtp_timestamp, position });
          told = true;
        }
        this.#recorder.bot(frame.pcm, position);
        this.#peaks.bot(frame.pcm, position);
      },
      mapped: (ssrc, timestamp, position) => {
        mapped = { ssrc, timestamp, position };
        told = false;
      },
      sourceChanged: () => undefined,
      keyPressed: (digit, duration_ms) => this.#emit({ type: 'dtmf.sent', digit, duration_ms }),
      unknownPayload: () => undefined,
    });
  }

  #watchConcealment({ kind, position }: HeardFrame): void {
    if (kind === 'concealed') this.#concealedFrom ??= position;
    else this.#endConcealment(position);
  }

  #endConcealment(to: number): void {
    if (this.#concealedFrom !== null) this.#emit({ type: 'rtp.concealed', from: this.#concealedFrom, to });
    this.#concealedFrom = null;
  }

  #emitStats(): void {
    const { counts, received, jitterMs } = this.#caller;
    const stats: StreamStats = {
      received,
      sent: this.#bot.received,
      lost: counts.lost,
      late: counts.late,
      duplicated: counts.duplicated,
      reordered: counts.reordered,
      concealed_ms: counts.concealedMs,
      jitter_ms: jitterMs,
      round_trip_ms: null,
      // Nothing of ours was sent.
      pacing_p99_ms: 0,
    };
    this.#emit({ type: 'rtp.stats', stats });
  }

  #emit(body: CallEventBody): void {
    const at = Math.round((this.#now - this.#startMs) * 1000);
    this.#recorder.event({ v: EVENT_VERSION, seq: this.#seq, at, call: this.#id, ...body });
    this.#seq += 1;
  }
}

/** Whether RTCP between these two is a leg's: on its ports, or the next ones (RFC 3550 section 11). */
function reports(leg: CapturedLeg, from: Endpoint, to: Endpoint): boolean {
  return besides(leg.from, from) && besides(leg.to, to);
}

function besides(rtp: Endpoint, other: Endpoint): boolean {
  return rtp.address === other.address && (other.port === rtp.port || other.port === rtp.port + 1);
}
