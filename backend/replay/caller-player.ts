import { LINE_RATE } from '../contract/party.ts';
import type { Codec } from '../audio/g711.ts';
import { RTP_HEADER_BYTES, RtpPacket, parseRtp, writeRtpHeader } from '../rtp/packet.ts';
import { writeU16, writeU32 } from '../rtp/bytes.ts';
import { codecOf, payloadTypeOf } from '../rtp/payload-types.ts';
import type { CallerPart, CallerScore, Cue } from './parts.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;
/** After a pause this long the bot begins to speak anew. */
const PAUSE_MS = 300;
/** A bot that has not answered by then will not. */
const ANSWER_WITHIN_MS = 15_000;
/** When all has been said, so much silence of the bot's is the end. */
const NOTHING_MORE_MS = 5000;
/** G.711's code word for silence. */
const SILENCE: Readonly<Record<Codec, number>> = { PCMU: 0xff, PCMA: 0xd5 };

export interface PlayerOptions {
  readonly score: CallerScore;
  readonly codec: Codec;
  readonly ptimeMs: number;
  /** When the first packet leaves, clock ms. */
  readonly startsAt: number;
}

/**
 * The recorded caller on the line again: which packet leaves when. Pure; the clock and what the bot says come in.
 * Within a part packets keep their distances, their losses and their order. Between parts there is silence, and
 * sequence numbers and timestamps go on without a gap.
 */
export class CallerPlayer {
  readonly #score: CallerScore;
  readonly #codec: Codec;
  readonly #ptimeMs: number;
  readonly #silence: Uint8Array;
  readonly #packet = new RtpPacket();
  /** Index of the part going on, or of the next one. */
  #part = 0;
  /** Packets of it that have left; -1: it has not begun. */
  #sent = -1;
  #partBeganAt: number;
  /** Timestamp of its first packet, as sent. */
  #partTimestamp = 0;
  /** When the part before ended. */
  #saidAt: number;
  #dueAt: number;
  /** Of the next packet. */
  #sequence: number;
  #timestamp: number;
  #ssrc: number;
  /** Added to those of the part going on. */
  #sequenceShift = 0;
  #timestampShift = 0;
  /** The bot's first voiced sample since the part before began, and its last one at all; clock ms. */
  #answerBeganAt: number | null = null;
  #heardTo = -Infinity;
  #left = false;

  constructor({ score, codec, ptimeMs, startsAt }: PlayerOptions) {
    this.#score = score;
    this.#codec = codec;
    this.#ptimeMs = ptimeMs;
    this.#partBeganAt = startsAt;
    this.#dueAt = startsAt;
    this.#saidAt = startsAt;
    this.#silence = new Uint8Array(RTP_HEADER_BYTES + ptimeMs * SAMPLES_PER_MS);
    this.#silence.fill(SILENCE[codec], RTP_HEADER_BYTES);
    writeRtpHeader(this.#silence, payloadTypeOf(codec), false, 0, 0, 0);
    this.#read(score.parts[0]?.packets[0]?.bytes ?? this.#silence);
    const { sequence, timestamp, ssrc } = this.#packet;
    this.#sequence = sequence;
    this.#timestamp = timestamp;
    this.#ssrc = ssrc;
  }

  /** Clock ms at which the next packet leaves; null: the caller has hung up. */
  get dueAt(): number | null {
    return this.#left ? null : this.#dueAt;
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /** The bot was heard from one clock time to another, without a pause. */
  heard(from: number, to: number): void {
    if (from - this.#heardTo > PAUSE_MS) this.#answerBeganAt ??= from;
    this.#heardTo = Math.max(this.#heardTo, to);
  }

  /** The packet that is due; its bytes may be used again. null: the caller has hung up instead. */
  take(): Uint8Array | null {
    const now = this.#dueAt;
    if (this.#sent < 0) this.#goOn(now);
    if (this.#left) return null;
    const part = this.#score.parts[this.#part];
    return part && this.#sent >= 0 ? this.#takeRecorded(part, now) : this.#takeSilence(now);
  }

  /** Between parts: begins the next one, or hangs up, when its cue has come. */
  #goOn(now: number): void {
    const part = this.#score.parts[this.#part];
    if (part) {
      if (this.#hasCome(part.cue, now)) this.#begin(part, now);
      return;
    }
    const { leaves } = this.#score;
    this.#left = leaves
      ? this.#hasCome(leaves, now)
      : now - Math.max(this.#saidAt, this.#heardTo) >= NOTHING_MORE_MS;
  }

  #hasCome(cue: Cue, now: number): boolean {
    if (cue.type === 'said') return now - this.#saidAt >= cue.after;
    if (this.#answerBeganAt === null) return now - Math.max(this.#saidAt, this.#heardTo) >= ANSWER_WITHIN_MS;
    if (cue.type === 'answer_began') return now - this.#answerBeganAt >= cue.after;
    return now - this.#heardTo >= Math.max(cue.after, this.#score.answerOverMs);
  }

  #begin(part: CallerPart, now: number): void {
    this.#sent = 0;
    this.#partBeganAt = now;
    this.#answerBeganAt = null;
    const first = part.packets[0];
    if (!first) return;
    this.#read(first.bytes);
    this.#sequenceShift = this.#sequence - this.#packet.sequence;
    this.#timestampShift = this.#timestamp - this.#packet.timestamp;
    this.#partTimestamp = this.#timestamp;
  }

  #takeRecorded(part: CallerPart, now: number): Uint8Array {
    const bytes = (part.packets[this.#sent]?.bytes ?? this.#silence).slice();
    this.#read(bytes);
    const { payloadType, payloadLength } = this.#packet;
    const sequence = (this.#packet.sequence + this.#sequenceShift) & 0xffff;
    const timestamp = (this.#packet.timestamp + this.#timestampShift) >>> 0;
    writeU16(bytes, 2, sequence);
    writeU32(bytes, 4, timestamp);
    this.#ssrc = this.#packet.ssrc;
    this.#sequence = (sequence + 1) & 0xffff;
    // All packets of a key have the time of its beginning: what follows goes by the clock.
    const isAudio = codecOf(payloadType) !== null;
    const elapsed = Math.round((now - this.#partBeganAt + this.#ptimeMs) * SAMPLES_PER_MS);
    this.#timestamp = (isAudio ? timestamp + payloadLength : this.#partTimestamp + elapsed) >>> 0;
    this.#sent += 1;
    const next = part.packets[this.#sent];
    if (next) {
      this.#dueAt = this.#partBeganAt + next.at;
    } else {
      this.#dueAt = now + this.#ptimeMs;
      this.#saidAt = now;
      this.#part += 1;
      this.#sent = -1;
    }
    return bytes;
  }

  #takeSilence(now: number): Uint8Array {
    const type = payloadTypeOf(this.#codec);
    writeRtpHeader(this.#silence, type, false, this.#sequence, this.#timestamp, this.#ssrc);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + this.#ptimeMs * SAMPLES_PER_MS) >>> 0;
    this.#dueAt = now + this.#ptimeMs;
    return this.#silence;
  }

  #read(bytes: Uint8Array): void {
    if (parseRtp(bytes, this.#packet) !== null)
      throw new RangeError('a packet of the score is no RTP packet');
  }
}
