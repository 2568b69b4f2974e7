import { LINE_RATE } from '../contract/party.ts';

/**
 * The measuring VAD: where a recorded side is voiced, by energy alone. Deliberately not the engine's own (Silero): what
 * is measured with it is measured by an independent witness. It sees the whole recording, so it looks ahead as well as
 * back. docs/metrics.md has its definition in words.
 */

/** [from, to) in samples. */
export interface VoicedSpan {
  readonly from: number;
  readonly to: number;
}

/** 5 ms: about one period of a deep voice, and as exact as an end can be dated. */
const BLOCK_SAMPLES = (5 * LINE_RATE) / 1000;

/**
 * Butterworth high-pass of second order, 200 Hz at 8 kHz (b0 = b2, b1, a1, a2): hum and rumble are strong on telephone
 * lines and carry no speech.
 */
const HIGH_PASS = [0.89485861, -1.78971721, -1.77863178, 0.80080265] as const;

/** Levels are told apart from here up; the idle noise of G.711 (its two smallest steps) lies below. */
const FLOOR_DBFS = -65;
/** Nothing softer than this is voice, however quiet the line: a listener's room is louder. */
const QUIETEST_VOICE_DBFS = -56;
const BINS = -FLOOR_DBFS + 1;
/** Noise and loudness of a moment are those of the time around it. */
const AROUND = blocks(2000);
/** So soon it is not another noise or loudness. */
const SAME_AROUND = blocks(20);
/** Noise shows as a crowd: a band of levels this narrow that holds so much of what is around... */
const NOISE_BAND_DB = 6;
const NOISE_CROWD = 0.2;
/** ...with so much less in the band above it; speech alone is spread wide, and thickest at its top. */
const ABOVE_THE_CROWD = 0.6;
/** What is nearer to the loudest than this is speech... */
const NOISE_BELOW_LOUDEST_DB = 12;
/** ...unless hardly anything else is there: a line on which nobody speaks. Louder lines do not exist. */
const NOISE_ALONE = 0.6;
const LOUDEST_NOISE_DBFS = -30;
/** Blocks of steady noise scatter by 1 to 2 dB round their mean. */
const ABOVE_NOISE_DB = 6;
/**
 * The softest phonemes are some 30 dB below the loudest vowels (Fletcher, Speech and Hearing in Communication, 1953),
 * and a voice falls by another 10 towards the end of a phrase. What is softer is room, breath and codec.
 */
const SPEECH_RANGE_DB = 40;

/** Voiced blocks so close to one another are one sound: pitch periods, a flap. */
const SOUND_GAP = blocks(20);
/** Shorter sounds alone are clicks, no speech... */
const SHORTEST_SPEECH = blocks(30);
/** ...unless they follow or precede speech as the burst of a stop does its closure. */
const BURST_GAP = blocks(150);
/** Pauses up to this belong to the flow of speech (ITU-T P.59 fills gaps below 200 ms). */
const FLOW_GAP = blocks(200);

/** Voiced stretches of a recorded side at 8 kHz, in order, apart by more than 200 ms. An hour takes about 0.2 s. */
export function voicedSpans(pcm: Int16Array): readonly VoicedSpan[] {
  const levels = levelsOf(pcm);
  const spans = joined(withoutClicks(sounds(levels)), FLOW_GAP);
  return spans.map(({ from, to }) => ({
    from: from * BLOCK_SAMPLES,
    to: Math.min(to * BLOCK_SAMPLES, pcm.length),
  }));
}

/** dBFS of each block above 200 Hz; -Infinity where all is zero. */
function levelsOf(pcm: Int16Array): Float32Array {
  const levels = new Float32Array(Math.ceil(pcm.length / BLOCK_SAMPLES));
  const [b0, b1, a1, a2] = HIGH_PASS;
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let block = 0; block < levels.length; block += 1) {
    const from = block * BLOCK_SAMPLES;
    const to = Math.min(from + BLOCK_SAMPLES, pcm.length);
    if (isNothing(pcm, from, to)) {
      levels[block] = -Infinity;
      // What would ring on is 40 dB down by the next block.
      x1 = x2 = y1 = y2 = 0;
      continue;
    }
    let energy = 0;
    for (let i = from; i < to; i += 1) {
      const x = pcm[i] ?? 0;
      const y = b0 * (x + x2) + b1 * x1 - a1 * y1 - a2 * y2;
      energy += y * y;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
    }
    levels[block] = 10 * Math.log10(energy / (to - from) / 32768 ** 2);
  }
  return levels;
}

function isNothing(pcm: Int16Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if (pcm[i] !== 0) return false;
  return true;
}

/** Runs of blocks above the threshold of their moment, in blocks. */
function sounds(levels: Float32Array): readonly VoicedSpan[] {
  const around = new LevelHistogram();
  const found: VoicedSpan[] = [];
  let threshold = 0;
  let from = -1;
  for (let block = 0; block < Math.min(AROUND, levels.length); block += 1) around.add(levels[block] ?? 0, 1);
  for (let block = 0; block < levels.length; block += 1) {
    if (block + AROUND < levels.length) around.add(levels[block + AROUND] ?? 0, 1);
    if (block > AROUND) around.add(levels[block - AROUND - 1] ?? 0, -1);
    if (block % SAME_AROUND === 0) threshold = Math.max(QUIETEST_VOICE_DBFS, around.threshold());
    const voiced = (levels[block] ?? 0) > threshold;
    if (voiced && from < 0) from = block;
    if (voiced || from < 0) continue;
    found.push({ from, to: block });
    from = -1;
  }
  if (from >= 0) found.push({ from, to: levels.length });
  return joined(found, SOUND_GAP);
}

/** Levels of the blocks around a moment, counted by the decibel; where nothing came at all says nothing of the noise. */
class LevelHistogram {
  readonly #counts = new Uint32Array(BINS);
  /** Of the band that ends at a bin. */
  readonly #bands = new Uint32Array(BINS);
  #total = 0;

  add(dbfs: number, by: 1 | -1): void {
    if (dbfs === -Infinity) return;
    const bin = binOf(dbfs);
    this.#counts[bin] = (this.#counts[bin] ?? 0) + by;
    this.#total += by;
  }

  /** What is louder is voice. */
  threshold(): number {
    let loudest = BINS - 1;
    while (loudest > 0 && this.#counts[loudest] === 0) loudest -= 1;
    const noise = this.#noise(loudest - NOISE_BELOW_LOUDEST_DB);
    return FLOOR_DBFS + Math.max(noise + ABOVE_NOISE_DB, loudest - SPEECH_RANGE_DB);
  }

  /** Level of the noise, in bins; 0: there is none. `highest`: where speech may be as crowded. */
  #noise(highest: number): number {
    const bands = this.#bands;
    let inBand = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      inBand += (this.#counts[bin] ?? 0) - (this.#counts[bin - NOISE_BAND_DB] ?? 0);
      bands[bin] = inBand;
    }
    for (let bin = 0; bin <= Math.max(highest, LOUDEST_NOISE_DBFS - FLOOR_DBFS); bin += 1) {
      const here = bands[bin] ?? 0;
      const isPeak = here > (bands[bin - 1] ?? 0) && here >= (bands[bin + 1] ?? 0);
      const stands = (bands[bin + NOISE_BAND_DB] ?? 0) <= here * ABOVE_THE_CROWD;
      const crowd = bin <= highest ? NOISE_CROWD : NOISE_ALONE;
      if (isPeak && stands && here >= this.#total * crowd) return this.#meanOfBand(bin);
    }
    return 0;
  }

  #meanOfBand(end: number): number {
    let sum = 0;
    let count = 0;
    for (let bin = Math.max(0, end - NOISE_BAND_DB + 1); bin <= end; bin += 1) {
      sum += bin * (this.#counts[bin] ?? 0);
      count += this.#counts[bin] ?? 0;
    }
    return sum / count;
  }
}

function binOf(dbfs: number): number {
  return Math.max(0, Math.min(BINS - 1, Math.round(dbfs - FLOOR_DBFS)));
}

/** Sounds long enough to be speech, and short ones that belong to such. */
function withoutClicks(found: readonly VoicedSpan[]): readonly VoicedSpan[] {
  const long = ({ from, to }: VoicedSpan): boolean => to - from >= SHORTEST_SPEECH;
  const near = (sound: VoicedSpan, other: VoicedSpan | undefined): boolean =>
    other !== undefined && long(other) && Math.max(sound.from - other.to, other.from - sound.to) <= BURST_GAP;
  return found.filter((sound, i) => long(sound) || near(sound, found[i - 1]) || near(sound, found[i + 1]));
}

/** Neighbours no further apart than `gap` become one. */
function joined(spans: readonly VoicedSpan[], gap: number): readonly VoicedSpan[] {
  const result: VoicedSpan[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last && span.from - last.to <= gap) result[result.length - 1] = { from: last.from, to: span.to };
    else result.push(span);
  }
  return result;
}

function blocks(ms: number): number {
  return (ms * LINE_RATE) / 1000 / BLOCK_SAMPLES;
}
