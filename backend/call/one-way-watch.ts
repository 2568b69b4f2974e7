import type { CallEventBody, OneWayKind } from '../contract/events.ts';

/** Nothing came for so long: a person says "hello?" by then. */
const NOTHING_IN_MS = 2000;
/** The far end's reports, 2 to 6 s apart, did not say for so long that anything of ours has come. */
const NOTHING_OUT_MS = 5000;
/** So long without a packet is worth a warning; what ends the call is signalling. */
const TIMEOUT_MS = 30_000;

type Direction = 'in' | 'out';

/** What is said of audio that goes one way only. */
export interface OneWay {
  /** From where it should come, or where it should go: `10.0.0.1:4000`. */
  readonly expected: string;
  readonly kind: OneWayKind;
  readonly hint: string;
}

export interface OneWayWatchOptions {
  /** When the call was connected, clock ms. */
  readonly startedAt: number;
  readonly emit: (event: CallEventBody) => void;
  /** `heard`: audio came before, since the two ends agreed. */
  readonly diagnose: (direction: Direction, heard: boolean) => OneWay;
}

/** Notices that audio of a negotiated call goes one way only: in by what comes, out by the far end's reports. */
export class OneWayWatch {
  readonly #options: OneWayWatchOptions;
  /** From when on packets are due; null: none are, the call is held. */
  #listeningSince: number | null;
  #sendingSince: number | null = null;
  #toldIn: number | null = null;
  #toldOut: number | null = null;
  #timedOut = false;
  /** What the far end had seen of ours last, and when that was news. */
  #highest: number | null = null;
  #progressAt = -Infinity;

  constructor(options: OneWayWatchOptions) {
    this.#options = options;
    this.#listeningSince = options.startedAt;
  }

  /** Called every slot. `listens`, `sends`: whether audio is due in and out, by what was agreed on. */
  tick(now: number, lastPacketAt: number, listens: boolean, sends: boolean): void {
    this.#sendingSince = sends ? (this.#sendingSince ?? now) : null;
    if (!sends) this.#toldOut = null;
    if (!listens) {
      this.#listeningSince = null;
      this.#toldIn = null;
      this.#timedOut = false;
      return;
    }
    this.#listeningSince ??= now;
    const quietSince = Math.max(lastPacketAt, this.#listeningSince);
    const silent_ms = now - quietSince;
    if (this.#toldIn !== null && quietSince > this.#toldIn) {
      const { emit } = this.#options;
      emit({ type: 'rtp.resumed', silent_ms: quietSince - this.#toldIn + NOTHING_IN_MS, direction: 'in' });
      this.#toldIn = null;
      this.#timedOut = false;
    } else if (silent_ms >= NOTHING_IN_MS && this.#toldIn === null) {
      this.#toldIn = now;
      this.#tell('in', silent_ms, lastPacketAt > this.#listeningSince);
    } else if (silent_ms >= TIMEOUT_MS && !this.#timedOut) {
      this.#timedOut = true;
      const message = `no audio has come for ${TIMEOUT_MS / 1000} s; the call goes on until signalling ends it`;
      this.#options.emit({ type: 'call.warning', code: 'rtp_timeout', message });
    }
  }

  /** A report of the far end came. `highest`: sequence number of ours it has seen; null: it does not mention us. */
  reported(now: number, highest: number | null): void {
    if (highest !== null && highest !== this.#highest) {
      const since = this.#toldOut;
      this.#highest = highest;
      this.#progressAt = now;
      this.#toldOut = null;
      if (since !== null)
        this.#options.emit({
          type: 'rtp.resumed',
          silent_ms: now - since + NOTHING_OUT_MS,
          direction: 'out',
        });
      return;
    }
    if (this.#sendingSince === null || this.#toldOut !== null) return;
    const silent_ms = now - Math.max(this.#sendingSince, this.#progressAt);
    if (silent_ms <= NOTHING_OUT_MS) return;
    this.#toldOut = now;
    this.#tell('out', silent_ms, this.#highest !== null);
  }

  /** Both ends have agreed anew, perhaps on other addresses: what was said before may not hold any more. */
  renegotiated(now: number): void {
    this.#listeningSince = this.#listeningSince === null ? null : now;
    this.#sendingSince = this.#sendingSince === null ? null : now;
    this.#toldIn = null;
    this.#toldOut = null;
    this.#timedOut = false;
  }

  #tell(direction: Direction, silent_ms: number, heard: boolean): void {
    const { emit, diagnose } = this.#options;
    emit({ type: 'rtp.one_way', direction, silent_ms, ...diagnose(direction, heard) });
  }
}
