import {
  buildRtcp,
  readRtcp,
  roundTripMs,
  rtcpIntervalMs,
  SenderReportLog,
  type SenderInfo,
} from '../rtp/rtcp.ts';
import type { ReceptionReport } from '../rtp/stats.ts';

export interface RtcpView {
  /** Clock ms. */
  readonly now: number;
  /** The same moment in ms since 1970, from a clock that does not jump. */
  readonly epochMs: number;
  readonly sender: SenderInfo;
  /** The far end's source; null before its first packet. */
  readonly remote: { readonly ssrc: number; readonly reception: ReceptionReport } | null;
}

export interface ReportRead {
  /** Sources that said goodbye. */
  readonly left: readonly number[];
  /** Whether it says what the far end sends or hears. */
  readonly isReport: boolean;
  /** Highest sequence number of ours that it has seen, with its wraps; null: it does not mention us. */
  readonly highest: number | null;
}

/** The reports of one leg: when the next is due, what it says, and what the far end's said. */
export class RtcpSession {
  readonly #ssrc: number;
  readonly #cname: string;
  readonly #reports = new SenderReportLog();
  #dueAt: number;
  #roundTripMs: number | null = null;

  constructor(ssrc: number, now: number) {
    this.#ssrc = ssrc;
    // RFC 7022 section 4.2: a short-term persistent name that tells nothing about the host.
    this.#cname = `sidetone-${ssrc.toString(36)}`;
    this.#dueAt = now + rtcpIntervalMs(Math.random(), true);
  }

  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** The compound packet to send now; `bye`: we leave. */
  report(view: RtcpView, bye: string | null): Uint8Array {
    this.#dueAt = view.now + rtcpIntervalMs(Math.random(), false);
    return buildRtcp({
      ssrc: this.#ssrc,
      cname: this.#cname,
      epochMs: view.epochMs,
      sender: view.sender.packets > 0 ? view.sender : null,
      blocks: view.remote ? [this.#reports.block(view.remote.ssrc, view.remote.reception, view.epochMs)] : [],
      bye,
    });
  }

  /** Takes a packet of the far end; null: it is garbled. */
  read(datagram: Uint8Array, epochMs: number): ReportRead | null {
    const incoming = readRtcp(datagram);
    if (!incoming) return null;
    if (incoming.senderReport) this.#reports.heard(incoming.senderReport, epochMs);
    const about = incoming.blocks.find((block) => block.ssrc === this.#ssrc);
    if (about) this.#roundTripMs = roundTripMs(about, epochMs) ?? this.#roundTripMs;
    return {
      left: incoming.left,
      isReport: incoming.senderReport !== null || incoming.blocks.length > 0,
      highest: about?.highestSequence ?? null,
    };
  }
}
