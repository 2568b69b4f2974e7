import { DETECTED_WITHIN, DtmfToneDetector, SEEN_WITHIN } from '../audio/dtmf-tones.ts';
import { LINE_RATE, type HeardFrame } from '../contract/party.ts';

/**
 * Masked before and after what was detected: a tone's soft edges, and what a lost packet has cut off from it. Nobody
 * speaks so near to a key.
 */
const MARGIN = 0.06 * LINE_RATE;
/** So near to a lost packet what looks like a piece of a tone is one: too short to be certain because of the loss. */
const NEAR_LOSS = 0.04 * LINE_RATE;
/** How far the track must have gone on until nothing can be found any more that reaches back to a sample. */
const LOOK_AHEAD = MARGIN + Math.max(DETECTED_WITHIN, SEEN_WITHIN + NEAR_LOSS);
/** Verdicts are kept for so many samples, 2 s: packets may come late. */
const KEPT = 16_384;
/** Mappings that packets still held may go by. */
const MAPPINGS = 8;

/** Verdict on a sample: came in a packet, or is a key's tone; 0: made up. */
const HEARD = 1;
const TONE = 2;

interface Mapping {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly position: number;
}

/** Which samples of the caller's track are a key's tone, told 115 ms after they were heard. */
export class TrackVerdicts {
  readonly #detector = new DtmfToneDetector((from, to, _key, certain) => {
    if (certain || from - this.#lossEnd < NEAR_LOSS) this.#mark(from, to);
    else this.#suspect(from, to);
  });
  readonly #verdicts = new Uint8Array(KEPT);
  readonly #mappings: Mapping[] = [];
  #end = 0;
  #toneUntil = 0;
  /** Where the last packet was lost. */
  #lossEnd = -Infinity;
  /** What looked like a tone last. */
  #suspectFrom = -Infinity;
  #suspectTo = -Infinity;

  hear({ pcm, position, kind }: HeardFrame): void {
    const heard = kind === 'packet' ? HEARD : 0;
    for (let at = position; at < position + pcm.length; at++) {
      this.#verdicts[at % KEPT] = at < this.#toneUntil ? TONE : heard;
    }
    this.#end = position + pcm.length;
    if (kind !== 'packet') {
      this.#lossEnd = this.#end;
      if (position - this.#suspectTo < NEAR_LOSS) this.#mark(this.#suspectFrom, this.#suspectTo);
    }
    this.#detector.hear(pcm, position);
  }

  /** From `position` of the track on, the stream's timestamps count from `timestamp`. */
  mapped(ssrc: number, timestamp: number, position: number): void {
    this.#mappings.unshift({ ssrc, timestamp, position });
    this.#mappings.length = Math.min(this.#mappings.length, MAPPINGS);
  }

  /** Samples before this are judged for good. */
  get judgedTo(): number {
    return this.#end - LOOK_AHEAD;
  }

  /** Where a packet's first sample stands on the track; NaN: it has no place there (yet). */
  positionOf(ssrc: number, timestamp: number): number {
    for (const mapping of this.#mappings) {
      const ahead = (timestamp - mapping.timestamp) | 0;
      if (mapping.ssrc === ssrc && ahead >= 0) return mapping.position + ahead;
    }
    return NaN;
  }

  /** Whether the sample is known to be no key's, whether the caller's own or made up for it. */
  mayBeHeard(position: number): boolean {
    return this.#isJudged(position) && this.#verdicts[position % KEPT] !== TONE;
  }

  /** The same for a sample that came in a packet: what the track has something else for was never examined. */
  mayBeKept(position: number): boolean {
    return this.#isJudged(position) && this.#verdicts[position % KEPT] === HEARD;
  }

  #isJudged(position: number): boolean {
    return position >= this.#end - KEPT && position < this.judgedTo;
  }

  #mark(from: number, to: number): void {
    this.#toneUntil = to + MARGIN;
    const end = Math.min(this.#toneUntil, this.#end);
    for (let at = Math.max(0, from - MARGIN); at < end; at++) this.#verdicts[at % KEPT] = TONE;
  }

  #suspect(from: number, to: number): void {
    if (from - this.#suspectTo >= NEAR_LOSS) this.#suspectFrom = from;
    this.#suspectTo = to;
  }
}
