import { decode } from '../audio/g711.ts';
import type { HeardFrame, HeardKind } from '../contract/party.ts';
import { ComfortNoise } from './comfort-noise.ts';
import { Concealer } from './conceal.ts';
import { type CallerPacket, HeldPacket, HeldPackets } from './held-packets.ts';
import { SequenceLog } from './sequence-log.ts';
import { WireClock } from './wire-clock.ts';

const SAMPLES_PER_MS = 8;
/** Longest a gap waits for a packet that was overtaken. */
const REORDER_MS = 40;
/** How late beyond its ptime a packet may be before the track goes on without it. */
const LATENESS_MS = 40;
/** advance() called later than this: the thread stood still, and packets may lie unread in the socket. */
const STALL_MS = 20;
/** RFC 3550 appendix A.1: beyond these a sequence number belongs to a new stream, not to a gap or a late packet. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** After so much absence, even a number just behind the last one is a new stream and not a late packet. */
const LONG_ABSENCE = 1000 * SAMPLES_PER_MS;
/** Two packets no farther apart than this are of one stream. */
const NEAR = 8;
/** How much longer than by the clock a gap may be by the timestamps. Skew makes this much in 15 minutes of silence. */
const GAP_TOLERANCE = 200 * SAMPLES_PER_MS;
/** Most that is filled in at one go. */
const MAX_FILL = 5000 * SAMPLES_PER_MS;
const FILL_FRAME = 10 * SAMPLES_PER_MS;
const MIN_PTIME = 10 * SAMPLES_PER_MS;
const MAX_FRAME = 60 * SAMPLES_PER_MS;
/** 200 ms, the most that RFC 3551 section 4.2 asks a receiver to take. */
const MAX_PAYLOAD = 200 * SAMPLES_PER_MS;

export interface ReceiveCounts {
  /** Sequence numbers that never came. */
  readonly lost: number;
  /** Came after their place on the track had been filled; dropped. */
  readonly late: number;
  readonly duplicated: number;
  /** Came after one they should have gone before, in time. */
  readonly reordered: number;
  readonly concealedMs: number;
  /** Absence that had been put on the track when packets came for that time after all, which then followed it. */
  readonly shiftedMs: number;
  /** Packets of another source, or from far away in the sequence, that no second one followed; dropped. */
  readonly stray: number;
  /** Longer than 200 ms; dropped. */
  readonly oversized: number;
}

export interface ReceiveBufferOptions {
  /** Called from within push() and advance(). The frame and its samples are used again afterwards. */
  readonly onFrame: (frame: HeardFrame) => void;
  /** The track goes on with another stream: another SSRC, or the same one begun anew. */
  readonly onSource: (ssrc: number, reason: 'ssrc' | 'restart') => void;
  /** From `position` of the track on, sample by sample, the stream's timestamps count from `timestamp`. */
  readonly onMapped: (ssrc: number, timestamp: number, position: number) => void;
}

/**
 * Makes one continuous track of a caller's packets, 8 kHz, without reading a clock:
 * - a packet that follows the last one is delivered within push();
 * - a gap in the sequence waits up to 40 ms for packets that were overtaken, then is concealed;
 * - a gap in the timestamps alone is silence suppression, and filled with comfort noise or absence;
 * - while nothing comes, advance() fills the track by the clock, a little behind it.
 * So a position on the track is a timestamp less a constant. The constant changes only when a source begins anew, or
 * when packets come for a time that was filled already: none of the caller's samples is dropped for that.
 */
export class ReceiveBuffer {
  readonly #onFrame: ReceiveBufferOptions['onFrame'];
  readonly #onSource: ReceiveBufferOptions['onSource'];
  readonly #onMapped: ReceiveBufferOptions['onMapped'];
  readonly #counts = {
    lost: 0,
    late: 0,
    duplicated: 0,
    reordered: 0,
    concealedMs: 0,
    shiftedMs: 0,
    stray: 0,
    oversized: 0,
  };
  readonly #wire = new WireClock();
  readonly #concealer = new Concealer();
  readonly #comfort = new ComfortNoise();
  readonly #held = new HeldPackets();
  readonly #log = new SequenceLog();
  /** First packet of what may be a new source, until a second one proves it. */
  readonly #candidate = new HeldPacket();

  readonly #samples = new Int16Array(MAX_FRAME);
  readonly #frame: { -readonly [K in keyof HeardFrame]: HeardFrame[K] } = {
    pcm: this.#samples,
    position: 0,
    endsAt: -Infinity,
    kind: 'packet',
  };

  /** null until the first packet. */
  #ssrc: number | null = null;
  /** Sequence number that comes next. */
  #sequence = 0;
  /** Timestamp of the next sample of the track, counted on past 32 bits. */
  #media = 0;
  #position = 0;
  #ptime = 20 * SAMPLES_PER_MS;
  /** Packets given up since the last one with audio. */
  #missing = 0;
  /** Samples filled by the clock since the last packet with audio. */
  #absence = 0;
  #comfortOn = false;
  /** Timestamp less position as it was told last; NaN: not told for this source. */
  #mappedBy = NaN;
  #advancedAt = -Infinity;
  #stalled = false;

  constructor({ onFrame, onSource, onMapped }: ReceiveBufferOptions) {
    this.#onFrame = onFrame;
    this.#onSource = onSource;
    this.#onMapped = onMapped;
  }

  get counts(): ReceiveCounts {
    return this.#counts;
  }

  /** Position of the next sample of the track. */
  get position(): number {
    return this.#position;
  }

  /** Takes a packet that came at `arrivedAt` (clock ms). Nothing of it is kept that is not copied. */
  push(packet: CallerPacket, arrivedAt: number): void {
    if (packet.payload.length > MAX_PAYLOAD) {
      this.#counts.oversized++;
    } else if (this.#ssrc === null) {
      this.#begin(packet);
      this.#place(packet, arrivedAt);
    } else if (this.#belongs(packet)) {
      this.#dropCandidate();
      this.#place(packet, arrivedAt);
    } else {
      this.#audition(packet, arrivedAt);
    }
  }

  /** To be called every few ms: gives up gaps that have waited long enough and keeps the track going. */
  advance(now: number): void {
    const stalled = now - this.#advancedAt > STALL_MS && !this.#stalled;
    this.#stalled = stalled;
    this.#advancedAt = now;
    if (this.#ssrc === null || stalled) return;

    while (this.#held.size > 0 && now - this.#held.oldestArrival() >= REORDER_MS) this.#giveUpGap();
    if (this.#held.size > 0) return;

    const behind = (now - LATENESS_MS - this.#wire.at(this.#media)) * SAMPLES_PER_MS - this.#ptime;
    if (behind > MAX_FILL) this.#media += Math.floor(behind) - MAX_FILL;
    const frames = Math.floor(Math.min(behind, MAX_FILL) / FILL_FRAME);
    if (frames <= 0) return;
    this.#absence += frames * FILL_FRAME;
    this.#fill(frames * FILL_FRAME, 'absent');
  }

  #begin(packet: CallerPacket): void {
    this.#ssrc = packet.ssrc;
    this.#sequence = packet.sequence;
    this.#media = packet.timestamp;
    this.#missing = 0;
    this.#absence = 0;
    this.#comfortOn = false;
    this.#mappedBy = NaN;
    this.#log.clear();
    this.#wire.reset();
  }

  /** Whether the packet continues the present stream, however disordered. */
  #belongs(packet: CallerPacket): boolean {
    const ahead = signed16(packet.sequence - this.#sequence);
    const mostBehind = this.#absence > LONG_ABSENCE ? 0 : MAX_MISORDER;
    return packet.ssrc === this.#ssrc && ahead < MAX_DROPOUT && ahead >= -mostBehind;
  }

  /**
   * One odd packet may be a stray, two near each other are a new stream, unless the present one speaks in between.
   * While the present one is silent there is nothing to protect.
   */
  #audition(packet: CallerPacket, arrivedAt: number): void {
    const first = this.#candidate;
    const step = first.used && first.ssrc === packet.ssrc ? signed16(packet.sequence - first.sequence) : -1;
    if (step === 0) {
      this.#counts.duplicated++;
    } else if (step > 0 && step < NEAR) {
      first.used = false;
      this.#switchTo(first, first.arrivedAt);
      this.#place(packet, arrivedAt);
    } else {
      this.#dropCandidate();
      if (this.#absence > 0) this.#switchTo(packet, arrivedAt);
      else first.hold(packet, arrivedAt);
    }
  }

  #dropCandidate(): void {
    if (!this.#candidate.used) return;
    this.#candidate.used = false;
    this.#counts.stray++;
  }

  /** The track goes on with `packet`, as much later as that came. */
  #switchTo(packet: CallerPacket, arrivedAt: number): void {
    while (this.#held.size > 0) this.#giveUpGap();
    this.#fill(this.#pauseBefore(packet.payload.length, arrivedAt), 'absent');
    const reason = packet.ssrc === this.#ssrc ? 'restart' : 'ssrc';
    this.#begin(packet);
    this.#onSource(packet.ssrc, reason);
    this.#place(packet, arrivedAt);
  }

  /** Sorts a packet of the present stream in. */
  #place(packet: CallerPacket, arrivedAt: number): void {
    const { sequence } = packet;
    if (this.#log.came(sequence)) {
      this.#counts.duplicated++;
      return;
    }
    const ahead = signed16(sequence - this.#sequence);
    if (ahead < 0) {
      this.#counts.late++;
      if (this.#log.lost(sequence)) this.#counts.lost--;
      this.#log.markCame(sequence);
      return;
    }
    this.#log.markCame(sequence);
    if (this.#held.size > 0 && this.#held.anyAfter(sequence)) this.#counts.reordered++;
    if (ahead === 0) {
      this.#deliver(packet, arrivedAt);
      this.#deliverFollowing();
      return;
    }
    this.#held.add(packet, arrivedAt);
    // Where the track has got there already, what is missing has no place on it and need not be waited for.
    const reached = packet.codec !== 'none' && this.#mediaTime(packet.timestamp) <= this.#media;
    if (reached || this.#held.full) this.#giveUpGap();
  }

  /** Declares lost what is missing before the first held packet. */
  #giveUpGap(): void {
    const packet = this.#held.take(this.#sequence, false);
    if (!packet) return;
    const missing = (packet.sequence - this.#sequence) & 0xffff;
    this.#counts.lost += missing;
    this.#missing += missing;
    this.#log.markLost(packet.sequence, missing);
    this.#deliver(packet, packet.arrivedAt);
    this.#deliverFollowing();
  }

  #deliverFollowing(): void {
    while (this.#held.size > 0) {
      const packet = this.#held.take(this.#sequence, true);
      if (!packet) return;
      this.#deliver(packet, packet.arrivedAt);
    }
  }

  /** Puts the packet on the track, after filling up to it. */
  #deliver(packet: CallerPacket, arrivedAt: number): void {
    this.#sequence = (packet.sequence + 1) & 0xffff;
    if (packet.codec === 'none') {
      if (!this.#wire.known) this.#wire.observe(this.#media, arrivedAt);
      return;
    }
    const length = packet.codec === 'CN' ? 0 : packet.payload.length;
    const media = this.#mediaTime(packet.timestamp);
    const gap = media - this.#media;
    if (gap < 0) {
      this.#counts.shiftedMs += Math.min(-gap, this.#absence) / SAMPLES_PER_MS;
      this.#remap(media);
    } else if (gap > 0) {
      // A timestamp may jump by hours. What the clock does not bear out begins a new timeline.
      const pause = this.#pauseBefore(length, arrivedAt);
      if (gap > pause + GAP_TOLERANCE || gap > MAX_FILL) {
        this.#fillGap(pause, packet.marker);
        this.#remap(media);
      }
    }
    this.#wire.observe(media + length, arrivedAt);
    this.#fillGap(media - this.#media, packet.marker);
    this.#missing = 0;
    this.#absence = 0;

    this.#tellMapping(packet);
    this.#comfortOn = packet.codec === 'CN';
    if (packet.codec === 'CN') {
      this.#comfort.describe(packet.payload);
      return;
    }
    if (length > 0) this.#ptime = Math.max(length, MIN_PTIME);
    for (let at = 0; at < length; at += MAX_FRAME) {
      const whole = length <= MAX_FRAME;
      const payload = whole ? packet.payload : packet.payload.subarray(at, at + MAX_FRAME);
      const pcm = this.#room(payload.length);
      decode(packet.codec, payload, pcm);
      this.#concealer.accept(pcm);
      this.#emit(pcm, 'packet');
    }
  }

  /** Where the packet's first sample has come to stand, unless that follows from what was told before. */
  #tellMapping({ ssrc, timestamp }: CallerPacket): void {
    const by = this.#media - this.#position;
    if (by === this.#mappedBy) return;
    this.#mappedBy = by;
    this.#onMapped(ssrc, timestamp, this.#position);
  }

  /** Samples between the end of the track and so many that came at `arrivedAt`, by the clock; never negative. */
  #pauseBefore(length: number, arrivedAt: number): number {
    const samples = Math.floor((arrivedAt - this.#wire.at(this.#media)) * SAMPLES_PER_MS) - length;
    return Math.min(Math.max(0, samples), MAX_FILL);
  }

  /** The next sample of the track gets another timestamp. */
  #remap(media: number): void {
    this.#media = media;
    this.#wire.reset();
  }

  /** A gap in the timestamps: as much of it as packets are missing is loss, the rest silence suppression. */
  #fillGap(gap: number, talkSpurtBegins: boolean): void {
    const loss = Math.min(gap, this.#missing * this.#ptime);
    const silence = gap - loss;
    // Without a marker the talk spurt has begun already: what is missing is its beginning.
    if (!talkSpurtBegins) this.#fill(silence, 'absent');
    this.#fill(loss, 'concealed');
    if (talkSpurtBegins) this.#fill(silence, 'absent');
  }

  #fill(samples: number, kind: 'absent' | 'concealed'): void {
    if (kind === 'concealed') this.#counts.concealedMs += samples / SAMPLES_PER_MS;
    for (let left = samples; left > 0; left -= FILL_FRAME) {
      const pcm = this.#room(Math.min(left, FILL_FRAME));
      this.#concealer.conceal(pcm, kind === 'concealed' ? 'loss' : 'absence');
      const comforted = kind === 'absent' && this.#comfortOn;
      if (comforted) this.#comfort.addTo(pcm);
      this.#emit(pcm, comforted ? 'comfort' : kind);
    }
  }

  #emit(pcm: Int16Array, kind: HeardKind): void {
    this.#media += pcm.length;
    this.#frame.pcm = pcm;
    this.#frame.position = this.#position;
    this.#frame.endsAt = Math.max(this.#frame.endsAt, this.#wire.at(this.#media));
    this.#frame.kind = kind;
    this.#position += pcm.length;
    this.#onFrame(this.#frame);
  }

  /** The frame buffer at a length; a new view only where the length changes. */
  #room(length: number): Int16Array {
    const view = this.#frame.pcm;
    return view.length === length ? view : this.#samples.subarray(0, length);
  }

  /** A packet's timestamp on the scale of #media: the nearest value with the same low 32 bits. */
  #mediaTime(timestamp: number): number {
    return this.#media + ((timestamp - this.#media) | 0);
  }
}

function signed16(value: number): number {
  return (value << 16) >> 16;
}
