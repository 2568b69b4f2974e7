import type { CallEventBody } from '../contract/events.ts';

/** No packet for so long is worth a warning; so long ends the call. */
const QUIET_WARNING_MS = 5000;
const QUIET_END_MS = 30_000;

/** Raw RTP has no signalling: packets that stay away are all that tells of a far end that has gone. */
export class QuietWatch {
  readonly #emit: (event: CallEventBody) => void;
  #warnedAt: number | null = null;

  constructor(emit: (event: CallEventBody) => void) {
    this.#emit = emit;
  }

  /** Called every slot, with clock ms of the last packet. Why the call is over; null: it goes on. */
  tick(now: number, lastPacketAt: number): string | null {
    const silent_ms = now - lastPacketAt;
    if (this.#warnedAt !== null && lastPacketAt > this.#warnedAt) {
      this.#emit({ type: 'rtp.resumed', silent_ms: lastPacketAt - this.#warnedAt + QUIET_WARNING_MS });
      this.#warnedAt = null;
    } else if (silent_ms >= QUIET_END_MS) {
      return `no packets for ${QUIET_END_MS / 1000} s`;
    } else if (silent_ms >= QUIET_WARNING_MS && this.#warnedAt === null) {
      this.#warnedAt = now;
      this.#emit({ type: 'rtp.quiet', silent_ms });
    }
    return null;
  }
}
