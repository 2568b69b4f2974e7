import { LINE_RATE } from '../contract/party.ts';
import { VAD_FRAME } from './silero.ts';

/** Levels are taken over 5 ms: about one period of a deep voice, and as exact as an end can be dated. */
export const LEVEL_SAMPLES = 40;

/** All positions are on the caller's track, `at` is the clock time at which that sample was on the wire. */
export type VoiceChange =
  /** `from`: the first voiced sample. */
  | { readonly type: 'voice'; readonly from: number; readonly at: number }
  /** `lastVoiced`: just after the last voiced sample. */
  | { readonly type: 'silence'; readonly lastVoiced: number; readonly at: number };

/** Silero's own thresholds: speech begins above the one and is over below the other. */
const SPEECH = 0.5;
const NO_SPEECH = 0.35;
/** Below this the model doubts; together with a quiet line that is the end. Within words it stays above. */
const DOUBT = 0.8;
const DOUBT_QUIET = samples(60);
/** So long without anything on the line, and the model is not asked. */
const DEAD_LINE = samples(80);
/** After the end was called early, a rise of so much is new speech although it never fell below NO_SPEECH. */
const RISE = 0.2;
/** A frame in which the model is so sure of no speech teaches the noise floor. */
const NOISE_ONLY = 0.2;

/** Quieter than this is silence on any line: G.711 cannot carry speech there. */
const FLOOR_DBFS = -65;
/** What stands above the noise: its mean, and this much or so many of its own mean deviations. */
const ABOVE_NOISE_DB = 5;
const ABOVE_NOISE_DEVIATIONS = 2.5;
/** So far below the loudest of the utterance nothing is voice: echo of the room, breath. */
const SPEECH_RANGE_DB = 35;
const LOUDEST_DECAY_DB = (10 * LEVEL_SAMPLES) / LINE_RATE;
/** With less between noise and speech, levels tell nothing and the model decides alone. */
const MIN_CONTRAST_DB = 3;
/** Part of the way the noise floor goes to a new frame: a third of a second to get there. */
const NOISE_STEP = 0.15;

/** A single stretch is voice only if it stands out so far: the burst of a final stop does, the noise seldom. */
const BURST_DB = 6;

/** A soft first phoneme is dated back at most so far, over pauses as long as a stop consonant's. */
const ONSET_LIMIT = samples(300);
const ONSET_GAP = samples(40);
/** So much voiced audio in a frame is a voice and no click. */
const LOUD = samples(15);

/** Levels kept: 1.28 s, more than any look back. */
const KEPT = 256;

/**
 * Finds where speech begins and ends in one call, from Silero's probability each 32 ms and the level each 5 ms. The
 * model says whether it is speech, the levels say when: its probability rises within a frame or two, but falls only
 * 50 to 200 ms after the voice. Pure: what comes out depends on what was put in and nothing else.
 */
export class Segmenter {
  readonly #onChange: (change: VoiceChange) => void;
  /** dBFS of the stretches of LEVEL_SAMPLES, by their number on the track: a ring. */
  readonly #levels = new Float32Array(KEPT).fill(FLOOR_DBFS);
  /** Position after the newest level. */
  #end = 0;
  /** Clock time of position 0. */
  #zeroAt = 0;
  #dead = 0;
  /** Mean level of what the model takes for no speech, and its mean deviation within a frame. */
  #noise = FLOOR_DBFS;
  #noiseDeviation = 0;
  #noiseFrames = 0;
  /** Loudest level of late. */
  #loudest = FLOOR_DBFS;
  /** After the newest voiced level. */
  #voicedEnd = 0;

  #probability = 0;
  /** Lowest probability since the last end. */
  #valley = 0;
  /** Start of the first of the latest frames that may be speech. */
  #mayBeSpeechFrom = 0;
  /** End of the newest frame that is speech. */
  #speechEnd = 0;

  #voice = false;
  #from = 0;
  #lastVoiced = 0;

  constructor(onChange: (change: VoiceChange) => void) {
    this.#onChange = onChange;
  }

  /**
   * The next stretch of the track: its level, the position after it (a multiple of LEVEL_SAMPLES) and the clock time
   * of that. `absent`: nothing came from the caller, which is silence whatever the model makes of it.
   */
  level(dbfs: number, end: number, endsAt: number, absent: boolean): void {
    this.#levels[(end / LEVEL_SAMPLES) % KEPT] = Math.max(dbfs, FLOOR_DBFS);
    this.#end = end;
    this.#zeroAt = endsAt - (end * 1000) / LINE_RATE;
    this.#dead = absent || dbfs <= FLOOR_DBFS ? this.#dead + LEVEL_SAMPLES : 0;
    this.#loudest = Math.max(dbfs, this.#loudest - LOUDEST_DECAY_DB);
    if (this.#isVoiced(end, this.#threshold())) this.#voicedEnd = end;
    if (this.#voice) this.#endIfQuiet();
  }

  /** Silero's verdict on the VAD_FRAME samples before `end`, whose levels have come before. */
  probability(probability: number, end: number): void {
    this.#learnNoise(probability, end - VAD_FRAME);
    this.#probability = probability;
    if (probability < NO_SPEECH) this.#mayBeSpeechFrom = end;
    if (probability > SPEECH) this.#speechEnd = end;
    if (this.#voice) {
      if (probability < NO_SPEECH) this.#endVoice();
      else this.#endIfQuiet();
    } else {
      if (probability <= this.#valley) {
        this.#valley = probability;
        this.#mayBeSpeechFrom = end;
      }
      if (this.#dead < VAD_FRAME && this.#isNewSpeech(end)) this.#beginVoice(end);
    }
  }

  /**
   * A doubtful frame will do if it is loud, which gains a frame. If it is not, the model must be sure, and more so
   * than when the last end was called early: it may still be saying yes to what has ended.
   */
  #isNewSpeech(end: number): boolean {
    if (this.#probability > Math.max(SPEECH, this.#valley + RISE)) return true;
    if (this.#probability < NO_SPEECH) return false;
    const threshold = this.#threshold();
    let voiced = 0;
    for (let at = gridAfter(end - VAD_FRAME); at <= end; at += LEVEL_SAMPLES) {
      if (this.#isVoiced(at, threshold)) voiced += LEVEL_SAMPLES;
    }
    return voiced >= LOUD;
  }

  #beginVoice(end: number): void {
    const threshold = this.#threshold();
    const earliest = Math.max(this.#lastVoiced, end - ONSET_LIMIT, 0);
    const mayBeSpeechFrom = Math.max(this.#mayBeSpeechFrom, earliest);
    // Forward within the first frame, where the onset is somewhere; a phoneme softer than the noise has no level.
    let from = mayBeSpeechFrom;
    for (let at = gridAfter(from); at <= from + VAD_FRAME; at += LEVEL_SAMPLES) {
      if (!this.#isVoiced(at, threshold)) continue;
      from = Math.max(at - LEVEL_SAMPLES, from);
      break;
    }
    // Back over what the model had not noticed yet.
    for (
      let at = gridAfter(from);
      at - LEVEL_SAMPLES >= earliest && from - at <= ONSET_GAP;
      at -= LEVEL_SAMPLES
    ) {
      if (this.#isVoiced(at, threshold, LEVEL_SAMPLES)) from = Math.min(from, at - LEVEL_SAMPLES);
    }
    this.#voice = true;
    this.#from = from;
    this.#speechEnd = end;
    this.#onChange({ type: 'voice', from, at: this.#clock(from) });
  }

  /** Ends early. Speech that never rose above the noise has no level to tell its end by. */
  #endIfQuiet(): void {
    const wasLoud = this.#voicedEnd > this.#from && this.#hasContrast();
    const quiet = this.#end - this.#voicedEnd >= DOUBT_QUIET;
    if ((this.#probability < DOUBT && wasLoud && quiet) || this.#dead >= DEAD_LINE) this.#endVoice();
  }

  /** Dates the end back: the model goes on saying yes for a while after the voice. */
  #endVoice(): void {
    const threshold = this.#threshold();
    const latest = Math.min(this.#end, this.#speechEnd + VAD_FRAME);
    const newest = gridAfter(latest) - LEVEL_SAMPLES;
    let at = newest;
    while (at > this.#from && !this.#isVoiced(at, threshold)) at -= LEVEL_SAMPLES;
    const byLevel = at > this.#from && at < newest && this.#hasContrast();
    this.#lastVoiced = Math.max(this.#from, byLevel ? at : Math.min(this.#speechEnd, this.#end));
    this.#voice = false;
    this.#valley = this.#probability;
    this.#onChange({ type: 'silence', lastVoiced: this.#lastVoiced, at: this.#clock(this.#lastVoiced) });
  }

  /**
   * A frame counts as noise when it and the one after it are clearly no speech, so that no onset hides in it. What
   * is quieter than the noise known so far cannot be speech either.
   */
  #learnNoise(probabilityAfter: number, end: number): void {
    let sum = 0;
    let count = 0;
    for (let at = gridAfter(end - VAD_FRAME); at <= end; at += LEVEL_SAMPLES, count++)
      sum += this.#levelBefore(at);
    const mean = sum / count;
    const noSpeech = probabilityAfter < NOISE_ONLY && this.#probability < NOISE_ONLY;
    if (!noSpeech && mean > this.#noise) return;
    const step = Math.max(NOISE_STEP, 1 / ++this.#noiseFrames);
    let deviation = 0;
    for (let at = gridAfter(end - VAD_FRAME); at <= end; at += LEVEL_SAMPLES) {
      deviation += Math.abs(this.#levelBefore(at) - mean);
    }
    this.#noise += step * (mean - this.#noise);
    this.#noiseDeviation += step * (deviation / count - this.#noiseDeviation);
  }

  #noiseTop(): number {
    return this.#noise + Math.max(ABOVE_NOISE_DB, ABOVE_NOISE_DEVIATIONS * this.#noiseDeviation);
  }

  /** A level above this is more than noise, and near enough to the utterance's loudest to belong to it. */
  #threshold(): number {
    return Math.max(this.#noiseTop(), this.#loudest - SPEECH_RANGE_DB);
  }

  #hasContrast(): boolean {
    return this.#loudest - this.#noiseTop() >= MIN_CONTRAST_DB;
  }

  /** Whether the stretch stands out together with its neighbour, which is the one before it unless said otherwise. */
  #isVoiced(end: number, threshold: number, neighbour = -LEVEL_SAMPLES): boolean {
    const level = this.#levelBefore(end);
    if (level <= threshold) return false;
    return level > threshold + BURST_DB || this.#levelBefore(end + neighbour) > threshold;
  }

  #levelBefore(end: number): number {
    return this.#levels[(end / LEVEL_SAMPLES + KEPT) % KEPT] ?? FLOOR_DBFS;
  }

  #clock(position: number): number {
    return this.#zeroAt + (position * 1000) / LINE_RATE;
  }
}

/** End of the first whole or broken stretch after `position`. */
function gridAfter(position: number): number {
  return Math.floor(position / LEVEL_SAMPLES + 1) * LEVEL_SAMPLES;
}

function samples(ms: number): number {
  return (ms * LINE_RATE) / 1000;
}
