import { timingSafeEqual } from 'node:crypto';
import type * as werift from 'werift-rtp';
import type { SrtpKeys } from '../contract/sip.ts';
import { readU16, readU32 } from './bytes.ts';
import { RTP_HEADER_BYTES, isRtcp } from './packet.ts';
import { ReplayWindow } from './replay-window.ts';

type Library = typeof werift;

/** Why a packet is not taken: it was not made with the key that was agreed on, or it came before. */
export type SrtpFault = 'srtp_auth' | 'srtp_replay';

const KEY_BYTES = 16;
/** Of what is computed; SRTP sends as much of it as its suite says, SRTCP all (RFC 4568 section 6.2). */
const TAG_BYTES = 10;
const TAG_BYTES_SENT = { AES_CM_128_HMAC_SHA1_80: 10, AES_CM_128_HMAC_SHA1_32: 4 } as const;
const REPORT_HEADER_BYTES = 8;
const REPORT_INDEX_BYTES = 4;
const SEQUENCES = 0x1_0000;
const ROLLOVERS = 2 ** 32;
/** Sources of one far end: what is authentic makes their state, so this bounds only what a mad one may do. */
const MAX_SOURCES = 16;

let library: Promise<Library> | null = null;

/** The library is loaded when it is first needed: it takes a thread some 50 ms. */
export async function loadSrtp(): Promise<(keys: SrtpKeys) => Srtp> {
  library ??= import('werift-rtp');
  const loaded = await library;
  return (keys) => new Srtp(loaded, keys);
}

/** What is known of one source's packets. */
class Source {
  readonly window = new ReplayWindow();
  /** Highest index so far: rollover counter and sequence number (RFC 3711 section 3.3.1). */
  index: number;

  constructor(sequence: number) {
    this.index = sequence;
  }
}

/**
 * SRTP and SRTCP (RFC 3711) of one call with keys by SDES (RFC 4568). The library enciphers and authenticates; which
 * packet is which is found here, because its rollover counter is lost where more than 100 packets are, it takes packets
 * twice, and knows no short tags. A fresh one begins at rollover counter 0, as far ends do with new keys.
 */
export class Srtp {
  readonly #rtp: werift.SrtpSession;
  readonly #rtcp: werift.SrtcpSession;
  readonly #header: Library['RtpHeader'];
  readonly #tagBytes: number;
  /** Highest index sent, by our source. */
  readonly #sent = new Map<number, number>();
  readonly #sources = new Map<number, Source>();
  readonly #reports = new Map<number, ReplayWindow>();

  constructor({ SrtpSession, SrtcpSession, RtpHeader, ...constants }: Library, keys: SrtpKeys) {
    const config = {
      profile: constants.ProtectionProfileAes128CmHmacSha1_80,
      keys: {
        localMasterKey: Buffer.from(keys.out.subarray(0, KEY_BYTES)),
        localMasterSalt: Buffer.from(keys.out.subarray(KEY_BYTES)),
        remoteMasterKey: Buffer.from(keys.in.subarray(0, KEY_BYTES)),
        remoteMasterSalt: Buffer.from(keys.in.subarray(KEY_BYTES)),
      },
    };
    this.#rtp = new SrtpSession(config);
    this.#rtcp = new SrtcpSession(config);
    this.#header = RtpHeader;
    this.#tagBytes = TAG_BYTES_SENT[keys.suite];
  }

  /** The packet of ours that leaves in the place of `packet`. */
  protect(packet: Uint8Array): Uint8Array {
    const plain = bufferOf(packet);
    const header = this.#header.deSerialize(plain);
    const { ssrc, sequenceNumber, payloadOffset } = header;
    const index = nearest(sequenceNumber, this.#sent.get(ssrc) ?? sequenceNumber);
    this.#sent.set(ssrc, index);
    const rollovers = Math.floor(index / SEQUENCES);
    const sent = this.#rtp.localContext.cipher.encryptRtp(header, plain.subarray(payloadOffset), rollovers);
    return sent.subarray(0, sent.length - (TAG_BYTES - this.#tagBytes));
  }

  /** What the far end has sent, in the clear. A fault says that it is to be thrown away. */
  unprotect(packet: Uint8Array): Uint8Array | SrtpFault {
    const end = packet.length - this.#tagBytes;
    if (end < RTP_HEADER_BYTES) return 'srtp_auth';
    const sequence = readU16(packet, 2);
    const ssrc = readU32(packet, 8);
    const known = this.#sources.get(ssrc);
    const source = known ?? new Source(sequence);
    const index = nearest(sequence, source.index);
    const rollovers = Math.floor(index / SEQUENCES);
    if (rollovers < 0 || rollovers >= ROLLOVERS) return 'srtp_auth';
    if (!source.window.isNew(index)) return 'srtp_replay';
    const body = bufferOf(packet.subarray(0, end));
    const tag = this.#rtp.remoteContext.generateSrtpAuthTag(body, rollovers);
    if (!timingSafeEqual(packet.subarray(end), tag.subarray(0, this.#tagBytes))) return 'srtp_auth';
    try {
      const whole = Buffer.concat([body, tag]);
      const [plain] = this.#rtp.remoteContext.cipher.decryptRtp(whole, rollovers);
      source.window.mark(index);
      source.index = Math.max(source.index, index);
      if (!known) keep(this.#sources, ssrc, source);
      return plain;
    } catch {
      // Authentic, but no RTP packet that the library can read.
      return 'srtp_auth';
    }
  }

  protectReport(report: Uint8Array): Uint8Array {
    return this.#rtcp.encrypt(bufferOf(report));
  }

  unprotectReport(report: Uint8Array): Uint8Array | SrtpFault {
    const indexAt = report.length - TAG_BYTES - REPORT_INDEX_BYTES;
    if (indexAt < REPORT_HEADER_BYTES || !isRtcp(report)) return 'srtp_auth';
    const ssrc = readU32(report, 4);
    const index = readU32(report, indexAt) & 0x7fff_ffff;
    const known = this.#reports.get(ssrc);
    const window = known ?? new ReplayWindow();
    if (!window.isNew(index)) return 'srtp_replay';
    try {
      const plain = this.#rtcp.decrypt(bufferOf(report));
      window.mark(index);
      if (!known) keep(this.#reports, ssrc, window);
      return plain;
    } catch {
      return 'srtp_auth';
    }
  }
}

/** The index with this sequence number that is nearest to `highest` (RFC 3711 appendix A); may be negative. */
function nearest(sequence: number, highest: number): number {
  const ahead = ((sequence - highest) << 16) >> 16;
  return highest + ahead;
}

function keep<Kept>(all: Map<number, Kept>, ssrc: number, kept: Kept): void {
  for (const oldest of all.keys()) {
    if (all.size < MAX_SOURCES) break;
    all.delete(oldest);
  }
  all.set(ssrc, kept);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
