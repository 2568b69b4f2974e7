import { SILENCE_DBFS } from '../audio/level.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { HeardFrame } from '../contract/party.ts';
import { LEVEL_SAMPLES, Segmenter } from './segmenter.ts';
import type { VoiceChange } from './segmenter.ts';
import { VAD_FRAME, type OnProbability, type SileroBatch, type SileroStream } from './silero.ts';

const FULL_SCALE_POWER = 32768 ** 2;
/** Levels that wait for the model: more than the stream holds frames for. */
const MAX_WAITING = 256;

/**
 * What a call hears, in; where the caller's speech begins and ends, out. Answers come when the batch is flushed.
 *
 * The same audio gives the same answers however late the model is: a frame's levels are taken when the model has judged
 * all that came in frames before it.
 */
export class VoiceDetector {
  readonly #batch: SileroBatch;
  readonly #stream: SileroStream;
  readonly #segmenter: Segmenter;
  readonly #waiting = Array.from({ length: MAX_WAITING }, (): WaitingLevel => ({
    dbfs: 0,
    end: 0,
    endsAt: 0,
    absent: false,
    after: 0,
  }));
  #firstWaiting = 0;
  #waitingCount = 0;
  #power = 0;
  #counted = 0;
  /** Samples given to the model, and frames of it that have been judged. */
  #written = 0;
  #judged = 0;

  /** `onProbability` sees each of the model's verdicts, before what follows from it. */
  constructor(batch: SileroBatch, onChange: (change: VoiceChange) => void, onProbability: OnProbability) {
    this.#batch = batch;
    this.#segmenter = new Segmenter(onChange);
    this.#stream = batch.open((probability, end) => {
      onProbability(probability, end);
      this.#segmenter.probability(probability, end);
      this.#judged++;
      this.#takeLevels();
    });
  }

  hear(frame: HeardFrame): void {
    const { pcm, position, kind } = frame;
    const after = Math.floor(this.#written / VAD_FRAME);
    const zeroAt = frame.endsAt - ((position + pcm.length) * 1000) / LINE_RATE;
    for (let i = 0; i < pcm.length; i++) {
      const sample = pcm[i] ?? 0;
      this.#power += sample * sample;
      this.#counted++;
      const end = position + i + 1;
      if (end % LEVEL_SAMPLES !== 0) continue;
      const power = this.#power / (this.#counted * FULL_SCALE_POWER);
      const dbfs = power > 0 ? 10 * Math.log10(power) : SILENCE_DBFS;
      this.#putLevel(dbfs, end, zeroAt + (end * 1000) / LINE_RATE, kind === 'absent', after);
      this.#power = 0;
      this.#counted = 0;
    }
    this.#takeLevels();
    this.#written += pcm.length;
    this.#stream.write(pcm, position);
  }

  close(): void {
    this.#batch.close(this.#stream);
  }

  #putLevel(dbfs: number, end: number, endsAt: number, absent: boolean, after: number): void {
    const level = this.#waiting[(this.#firstWaiting + this.#waitingCount) % MAX_WAITING];
    if (!level) return;
    level.dbfs = dbfs;
    level.end = end;
    level.endsAt = endsAt;
    level.absent = absent;
    level.after = after;
    this.#waitingCount++;
  }

  /** Those whose turn it is. */
  #takeLevels(): void {
    while (this.#waitingCount > 0) {
      const level = this.#waiting[this.#firstWaiting];
      if (!level || level.after > this.#judged) return;
      this.#firstWaiting = (this.#firstWaiting + 1) % MAX_WAITING;
      this.#waitingCount--;
      this.#segmenter.level(level.dbfs, level.end, level.endsAt, level.absent);
    }
  }
}

/** A level, and how many frames the model is to have judged before. */
interface WaitingLevel {
  dbfs: number;
  end: number;
  endsAt: number;
  absent: boolean;
  after: number;
}
