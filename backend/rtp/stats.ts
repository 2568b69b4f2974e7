/** RFC 3550 appendix A.1. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCES = 0x10000;

/** What a report block says of a source (RFC 3550 section 6.4.1), in the RFC's units. */
export interface ReceptionReport {
  /** Lost since the last report, in 1/256. */
  readonly fractionLost: number;
  /** Since the source began; negative when duplicates outnumber losses. */
  readonly lost: number;
  /** Sequence number with the count of its wraps above it, 32 bits. */
  readonly highestSequence: number;
  /** Timestamp units. */
  readonly jitter: number;
}

/** Loss and jitter of one source (RFC 3550 appendices A.1, A.3, A.8), fed with every packet as it arrives. */
export class ReceptionStats {
  readonly #clockRate: number;
  #received = 0;
  #base = 0;
  #highest = 0;
  #cycles = 0;
  /** Where a jump led; a second packet from there shows that the source began anew. */
  #jumpedTo = -1;
  #jitter = 0;
  #timestamp = 0;
  #arrival = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;

  /** `clockRate`: timestamp units per second. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  get received(): number {
    return this.#received;
  }

  get lost(): number {
    return this.#expected - this.#received;
  }

  get jitterMs(): number {
    return (this.#jitter * 1000) / this.#clockRate;
  }

  add(sequence: number, timestamp: number, arrivalMs: number): void {
    if (this.#received === 0) {
      this.#begin(sequence, timestamp, arrivalMs);
      return;
    }
    const ahead = (sequence - this.#highest) & (SEQUENCES - 1);
    if (ahead < MAX_DROPOUT) {
      if (sequence < this.#highest) this.#cycles += SEQUENCES;
      this.#highest = sequence;
      this.#jumpedTo = -1;
    } else if (ahead <= SEQUENCES - MAX_MISORDER) {
      if (sequence === this.#jumpedTo) {
        this.#begin(sequence, timestamp, arrivalMs);
      } else {
        this.#jumpedTo = (sequence + 1) & (SEQUENCES - 1);
      }
      return;
    }
    this.#received++;
    this.#updateJitter(timestamp, arrivalMs);
  }

  /** Values for a report block; the fraction lost counts from the last call of this. */
  report(): ReceptionReport {
    const expected = this.#expected - this.#expectedBefore;
    const lost = expected - (this.#received - this.#receivedBefore);
    this.#expectedBefore = this.#expected;
    this.#receivedBefore = this.#received;
    return {
      fractionLost: expected === 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      lost: this.lost,
      highestSequence: (this.#cycles + this.#highest) >>> 0,
      jitter: Math.floor(this.#jitter),
    };
  }

  get #expected(): number {
    return this.#received === 0 ? 0 : this.#cycles + this.#highest - this.#base + 1;
  }

  #begin(sequence: number, timestamp: number, arrivalMs: number): void {
    this.#base = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#jumpedTo = -1;
    this.#received = 1;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#timestamp = timestamp;
    this.#arrival = arrivalMs;
  }

  #updateJitter(timestamp: number, arrivalMs: number): void {
    // The packets of one DTMF event share a timestamp and say nothing about the network's timing.
    if (timestamp === this.#timestamp) return;
    const arrived = ((arrivalMs - this.#arrival) * this.#clockRate) / 1000;
    const sent = (timestamp - this.#timestamp) | 0;
    this.#jitter += (Math.abs(arrived - sent) - this.#jitter) / 16;
    this.#timestamp = timestamp;
    this.#arrival = arrivalMs;
  }
}
