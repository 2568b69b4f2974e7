import { peakDbfs } from '../audio/level.ts';
import { LINE_RATE, type HeardFrame } from '../contract/party.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;
/** Less drift than this is nothing: a packet that was a little quicker than all before it makes as much. */
const DRIFT = 5 * SAMPLES_PER_MS;
/** More than this is put right even in speech. */
const LARGE_DRIFT = 20 * SAMPLES_PER_MS;
/** After so much of packets one of them was punctual: the drift is true, and no late packet after a silence. */
const SETTLED = 1000 * SAMPLES_PER_MS;
/** So long a pause is waited for. */
const OVERDUE = 2000 * SAMPLES_PER_MS;
/** A frame of the caller's own that nowhere exceeds this is a pause. */
const QUIET_DBFS = -45;

/**
 * Where the caller's track stands in the call, whose time is our clock's. The track counts the far end's samples; its
 * clock runs faster or slower than ours, and a network that stood still shifts the track. So the offset between the
 * two follows what is known of when each frame was on the wire, in steps: a hole, or an overlap that drops samples.
 * They lie in pauses, save where the drift is large and no pause comes.
 */
export class Alignment {
  readonly #startedAt: number;
  #offset = NaN;
  /** Samples of packets heard since the drift has been more than DRIFT. */
  #drifted = 0;

  /** `startedAt`: the call's start, clock ms. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** Added to a position on the caller's track, gives its sample since the call's start; NaN before the first frame. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes every frame of the track, in order. True: the offset is another from this frame on. */
  follow(frame: HeardFrame): boolean {
    const { pcm, position, endsAt } = frame;
    const due = Math.round((endsAt - this.#startedAt) * SAMPLES_PER_MS) - position - pcm.length;
    if (Number.isNaN(this.#offset)) {
      // A first packet longer than the call is old would begin before it.
      this.#offset = Math.max(due, 0 - position);
      return true;
    }
    const step = this.#stepBy(due - this.#offset, frame);
    this.#offset += step;
    return step !== 0;
  }

  #stepBy(drift: number, frame: HeardFrame): number {
    const size = Math.abs(drift);
    if (size <= DRIFT) {
      this.#drifted = 0;
      return 0;
    }
    if (frame.kind === 'packet') this.#drifted += frame.pcm.length;
    if (this.#drifted < SETTLED) return 0;
    // An overlap in a pause drops no more than the pause: what follows may be speech.
    if (isPause(frame)) return Math.max(drift, -frame.pcm.length);
    return size > LARGE_DRIFT && this.#drifted >= OVERDUE ? drift : 0;
  }
}

/** Nothing of the far end is lost where such a frame is cut, or cut off from the next. */
function isPause({ kind, pcm }: HeardFrame): boolean {
  return kind === 'absent' || kind === 'comfort' || peakDbfs(pcm) <= QUIET_DBFS;
}
