import { packets } from 'rtp.js';
import { writeU32 } from './bytes.ts';
import type { ReceptionReport } from './stats.ts';

const { ByePacket, CompoundPacket, ReceiverReportPacket, SdesPacket, SdesChunk, SenderReportPacket } =
  packets;

/** RFC 3550 section 12.1. */
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const BYE = 203;
/** SDES item (section 6.5.1). */
const CNAME = 1;

/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_EPOCH_OFFSET = 2_208_988_800;
const REPORT_BLOCK_BYTES = 24;
/** Of the cumulative loss, a signed 24-bit number. */
const MOST_LOST = 0x7fffff;

/** One report block (RFC 3550 section 6.4.1), in the RFC's units. */
export interface ReportBlock extends ReceptionReport {
  /** Whose packets it reports on. */
  readonly ssrc: number;
  /** Middle 32 bits of the NTP time of that source's last sender report; 0 when there was none. */
  readonly lastSr: number;
  /** Time since that report came, in 1/65536 s. */
  readonly delaySinceLastSr: number;
}

/** What a sender report says of its sender. */
export interface SenderInfo {
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

export interface RtcpOutgoing {
  readonly ssrc: number;
  readonly cname: string;
  /** ms since 1970 from a clock that does not jump: epochMs() of base/clock.ts. */
  readonly epochMs: number;
  /** null when nothing was sent since the last two reports: makes it a receiver report. */
  readonly sender: SenderInfo | null;
  readonly blocks: readonly ReportBlock[];
  /** Reason for leaving; null while staying. */
  readonly bye: string | null;
}

export interface RtcpIncoming {
  /** The last sender report: whose, and the middle 32 bits of its NTP time. */
  readonly senderReport: { readonly ssrc: number; readonly ntpMiddle: number } | null;
  readonly blocks: readonly ReportBlock[];
  /** SSRCs that have left. */
  readonly left: readonly number[];
}

/** A compound packet: SR or RR, SDES with the CNAME, and BYE when leaving (RFC 3550 section 6.1). */
export function buildRtcp(outgoing: RtcpOutgoing): Uint8Array {
  const compound = new CompoundPacket();
  compound.addPacket(buildReport(outgoing));

  const chunk = new SdesChunk();
  chunk.setSsrc(outgoing.ssrc);
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- rtp.js exports that enum as a type only
  chunk.addItem(CNAME, outgoing.cname);
  const description = new SdesPacket();
  description.addChunk(chunk);
  compound.addPacket(description);

  if (outgoing.bye !== null) {
    const bye = new ByePacket();
    bye.addSsrc(outgoing.ssrc);
    bye.setReason(outgoing.bye);
    bye.padTo4Bytes();
    compound.addPacket(bye);
  }
  const view = compound.getView();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function buildReport({ ssrc, epochMs, sender, blocks }: RtcpOutgoing) {
  const reports = blocks.map((block) => new packets.ReceptionReport(encodeBlock(block)));
  if (sender === null) {
    const report = new ReceiverReportPacket();
    report.setSsrc(ssrc);
    report.setReports(reports);
    return report;
  }
  const seconds = Math.floor(epochMs / 1000);
  const report = new SenderReportPacket();
  report.setSsrc(ssrc);
  report.setNtpSeconds((seconds + NTP_EPOCH_OFFSET) >>> 0);
  report.setNtpFraction(Math.floor((epochMs / 1000 - seconds) * 2 ** 32));
  report.setRtpTimestamp(sender.rtpTimestamp);
  report.setPacketCount(sender.packets >>> 0);
  report.setOctetCount(sender.octets >>> 0);
  report.setReports(reports);
  return report;
}

/** By hand, because rtp.js 0.15 writes and reads negative losses as sign and magnitude and reads only 12 bits. */
function encodeBlock(block: ReportBlock): DataView {
  const bytes = new Uint8Array(REPORT_BLOCK_BYTES);
  const lost = Math.max(-MOST_LOST - 1, Math.min(MOST_LOST, block.lost));
  writeU32(bytes, 0, block.ssrc);
  writeU32(bytes, 4, lost);
  bytes[4] = block.fractionLost;
  writeU32(bytes, 8, block.highestSequence);
  writeU32(bytes, 12, block.jitter);
  writeU32(bytes, 16, block.lastSr);
  writeU32(bytes, 20, block.delaySinceLastSr);
  return new DataView(bytes.buffer);
}

function decodeBlock(view: DataView): ReportBlock {
  return {
    ssrc: view.getUint32(0),
    fractionLost: view.getUint8(4),
    lost: (view.getUint32(4) << 8) >> 8,
    highestSequence: view.getUint32(8),
    jitter: view.getUint32(12),
    lastSr: view.getUint32(16),
    delaySinceLastSr: view.getUint32(20),
  };
}

/**
 * Reads a compound packet, or a lone one (RFC 5506). Packets of other types, and those rtp.js refuses, are passed
 * over. Returns null when the lengths inside do not add up to the datagram's: then nothing in it is to be trusted.
 */
export function readRtcp(datagram: Uint8Array): RtcpIncoming | null {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  let senderReport: RtcpIncoming['senderReport'] = null;
  const blocks: ReportBlock[] = [];
  const left: number[] = [];
  let offset = 0;
  do {
    if (offset + 4 > datagram.length) return null;
    const length = (view.getUint16(offset + 2) + 1) * 4;
    if (offset + length > datagram.length) return null;
    const part = new DataView(datagram.buffer, datagram.byteOffset + offset, length);
    try {
      switch (part.getUint8(1)) {
        case SENDER_REPORT: {
          const report = new SenderReportPacket(part);
          const ntpMiddle = middleOfNtp(report.getNtpSeconds(), report.getNtpFraction());
          senderReport = { ssrc: report.getSsrc(), ntpMiddle };
          for (const block of report.getReports()) blocks.push(decodeBlock(block.getView()));
          break;
        }
        case RECEIVER_REPORT:
          for (const block of new ReceiverReportPacket(part).getReports())
            blocks.push(decodeBlock(block.getView()));
          break;
        case BYE:
          left.push(...new ByePacket(part).getSsrcs());
          break;
        default:
      }
    } catch {
      // A garbled part; the lengths still tell where the next one begins.
    }
    offset += length;
  } while (offset < datagram.length);
  return { senderReport, blocks, left };
}

function middleOfNtp(seconds: number, fraction: number): number {
  return ((seconds << 16) | (fraction >>> 16)) >>> 0;
}

/** Middle 32 bits of the NTP time: 1/65536 s, wraps every 18 hours. */
export function ntpMiddle(epochMs: number): number {
  return Math.floor(((epochMs / 1000 + NTP_EPOCH_OFFSET) % 65536) * 65536) >>> 0;
}

/**
 * Round trip in ms from a block about our own packets that came at `epochMs`: arrival - LSR - DLSR (RFC 3550 section
 * 6.4.1). null when the far end has not had a sender report yet, or what it says cannot be (negative, over a minute).
 */
export function roundTripMs(block: ReportBlock, epochMs: number): number | null {
  if (block.lastSr === 0) return null;
  const units = (ntpMiddle(epochMs) - block.lastSr - block.delaySinceLastSr) | 0;
  const ms = (units * 1000) / 65536;
  // Clocks tick in different places: a hair below zero is zero.
  if (ms < -1 || ms > 60_000) return null;
  return Math.max(0, ms);
}

/** Remembers when sender reports came: the LSR and DLSR of the blocks that answer them. */
export class SenderReportLog {
  #ssrc = 0;
  #ntpMiddle = 0;
  #heardAt = 0;

  heard(report: NonNullable<RtcpIncoming['senderReport']>, epochMs: number): void {
    this.#ssrc = report.ssrc;
    this.#ntpMiddle = report.ntpMiddle;
    this.#heardAt = epochMs;
  }

  /** The block about `ssrc` that leaves at `epochMs`. */
  block(ssrc: number, reception: ReceptionReport, epochMs: number): ReportBlock {
    if (ssrc !== this.#ssrc || this.#ntpMiddle === 0)
      return { ...reception, ssrc, lastSr: 0, delaySinceLastSr: 0 };
    const delaySinceLastSr = Math.round(((epochMs - this.#heardAt) * 65536) / 1000) >>> 0;
    return { ...reception, ssrc, lastSr: this.#ntpMiddle, delaySinceLastSr };
  }
}

/**
 * ms until the next report (RFC 3550 section 6.3.1 for two members, where the 5 s minimum always rules): half of it
 * for the first, varied so that ends do not fall into step. `random`: 0 <= value < 1, such as Math.random().
 */
export function rtcpIntervalMs(random: number, first: boolean): number {
  const minimum = first ? 2500 : 5000;
  return (minimum * (0.5 + random)) / (Math.E - 1.5);
}
