import { SidetoneError } from '../base/errors.ts';
import { LINE_RATE } from '../contract/party.ts';
import { readU16, writeU16 } from './bytes.ts';
import type { RtpPacket } from './packet.ts';
import { TELEPHONE_EVENT } from './payload-types.ts';

/**
 * DTMF as named telephone events, RFC 4733 section 2.3:
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     event     |E|R| volume    |          duration             |
 */
export const EVENT_BYTES = 4;
const END_BIT = 0x80;
/** Event codes 0-15 (section 3.2). */
export const KEYS = '0123456789*#ABCD';
/** Longest duration a segment can say; a longer event goes on in a new segment (section 2.5.1.3). */
const SEGMENT = 0xffff;

/** A key whose end is lost counts as let go after this much quiet: senders repeat every 50 ms or more often. */
const RELEASE_AFTER_MS = 200;
/** A timestamp at most this far back is a late packet; further back, the sender has begun anew. */
const LATE_SAMPLES = 5 * LINE_RATE;

/** Events have a dynamic type that raw RTP cannot negotiate: the usual one, or four bytes of a dynamic type. */
export function isTelephoneEvent(packet: RtpPacket): boolean {
  if (packet.payloadType === TELEPHONE_EVENT) return true;
  return packet.payloadType >= 96 && packet.payloadLength === EVENT_BYTES;
}

type OnKey = (digit: string, durationMs: number) => void;

/** Turns event packets into one call of `onKey` for each key pressed, made when it is let go. */
export class DtmfReceiver {
  readonly #onKey: OnKey;
  #code = -1;
  #pressed = false;
  /** Timestamp of the current segment, duration said in it, and duration of the segments before it. */
  #segment = 0;
  #duration = 0;
  #before = 0;
  #heardAt = 0;

  constructor(onKey: OnKey) {
    this.#onKey = onKey;
  }

  /** Takes a packet of the event payload type; codes that are no keys and short payloads are ignored. */
  push(packet: RtpPacket, now: number): void {
    const { bytes, payloadOffset: at, timestamp } = packet;
    const code = bytes[at] ?? 0;
    if (packet.payloadLength < EVENT_BYTES || code >= KEYS.length) return;
    const ahead = (timestamp - this.#segment) | 0;

    if (this.#code === -1) {
      this.#press(code, timestamp);
    } else if (ahead === 0 && code === this.#code) {
      // The end is sent three times: what follows the first is a repetition.
      if (!this.#pressed) return;
    } else if (ahead < 0 && ahead > -LATE_SAMPLES) {
      return;
    } else if (this.#pressed && code === this.#code && ahead === SEGMENT && !packet.marker) {
      this.#before += SEGMENT;
      this.#segment = timestamp;
      this.#duration = 0;
    } else {
      this.#release();
      this.#press(code, timestamp);
    }

    this.#heardAt = now;
    this.#duration = Math.max(this.#duration, readU16(bytes, at + 2));
    if ((bytes[at + 1] ?? 0) & END_BIT) this.#release();
  }

  /** Lets go a key whose end never came. Call it every few ms. */
  advance(now: number): void {
    if (now - this.#heardAt >= RELEASE_AFTER_MS) this.#release();
  }

  #press(code: number, timestamp: number): void {
    this.#code = code;
    this.#pressed = true;
    this.#segment = timestamp;
    this.#duration = 0;
    this.#before = 0;
  }

  #release(): void {
    if (!this.#pressed) return;
    this.#pressed = false;
    this.#onKey(KEYS.charAt(this.#code), ((this.#before + this.#duration) * 1000) / LINE_RATE);
  }
}

/** 100 ms of tone and 60 of pause: every receiver must take 40 and 40 (ITU-T Q.24), many want more. */
const TONE_SAMPLES = 0.1 * LINE_RATE;
const PAUSE_SAMPLES = 0.06 * LINE_RATE;
const END_PACKETS = 3;
/** -10 dBm0, the usual level. */
const VOLUME = 10;

/** Digits as KEYS has them: 0-9 * # A-D. @throws SidetoneError 'usage' on anything else. */
export function checkedKeys(digits: string): string {
  const upper = digits.toUpperCase();
  const wrong = /[^0-9*#A-D]/u.exec(upper)?.[0];
  if (wrong !== undefined) {
    throw new SidetoneError('usage', `'${wrong}' is not a DTMF digit`, {
      hint: 'Allowed are 0-9, *, # and A-D.',
    });
  }
  return upper;
}

/** Plays digits as event packets, one per tick in place of audio. */
export class DtmfSender {
  readonly #onSent: OnKey;
  #waiting = '';
  #code = -1;
  #startedAt = 0;
  #duration = 0;
  #endsSent = 0;

  /** `onSent` is called with each digit as its end leaves. */
  constructor(onSent: OnKey) {
    this.#onSent = onSent;
  }

  get busy(): boolean {
    return this.#code !== -1 || this.#waiting !== '';
  }

  /** RTP timestamp of the packet that next() has just written: that of the event's start. */
  get timestamp(): number {
    return this.#startedAt;
  }

  /** Queues digits. @throws SidetoneError 'usage' as checkedKeys() does. */
  play(digits: string): void {
    this.#waiting += checkedKeys(digits);
  }

  /**
   * The tick at `timestamp`, which lasts `samples`. Returns null when audio is to go out; else writes the 4 bytes
   * of an event to `payload` and says whether the packet opens the event ('start': marker set) or goes on with it.
   */
  next(timestamp: number, samples: number, payload: Uint8Array): 'start' | 'more' | null {
    const starts = this.#code === -1;
    if (starts) {
      if (this.#waiting === '') return null;
      this.#code = KEYS.indexOf(this.#waiting.charAt(0));
      this.#waiting = this.#waiting.slice(1);
      this.#startedAt = timestamp;
      this.#duration = 0;
      this.#endsSent = 0;
    }
    const elapsed = ((timestamp - this.#startedAt) >>> 0) + samples;
    if (this.#endsSent === END_PACKETS) {
      if (elapsed >= this.#duration + PAUSE_SAMPLES) this.#code = -1;
      return null;
    }
    // Once the end is said, the duration stands still while it is repeated (section 2.5.1.4).
    if (this.#endsSent === 0) this.#duration = Math.min(elapsed, SEGMENT);
    const ends = this.#duration >= TONE_SAMPLES;
    if (ends) {
      if (this.#endsSent === 0) this.#onSent(KEYS.charAt(this.#code), (this.#duration * 1000) / LINE_RATE);
      this.#endsSent++;
    }
    payload[0] = this.#code;
    payload[1] = (ends ? END_BIT : 0) | VOLUME;
    writeU16(payload, 2, this.#duration);
    return starts ? 'start' : 'more';
  }
}
