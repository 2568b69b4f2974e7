import { SILENCE_DBFS } from '../audio/level.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { HeardFrame } from '../contract/party.ts';
import { LEVEL_SAMPLES, Segmenter } from './segmenter.ts';
import type { VoiceChange } from './segmenter.ts';
import type { OnProbability, SileroBatch, SileroStream } from './silero.ts';

const FULL_SCALE_POWER = 32768 ** 2;

/** What a call hears, in; where the caller's speech begins and ends, out. Answers come when the batch is flushed. */
export class VoiceDetector {
  readonly #batch: SileroBatch;
  readonly #stream: SileroStream;
  readonly #segmenter: Segmenter;
  #power = 0;
  #counted = 0;

  /** `onProbability` sees each of the model's verdicts, before what follows from it. */
  constructor(batch: SileroBatch, onChange: (change: VoiceChange) => void, onProbability: OnProbability) {
    this.#batch = batch;
    this.#segmenter = new Segmenter(onChange);
    this.#stream = batch.open((probability, end) => {
      onProbability(probability, end);
      this.#segmenter.probability(probability, end);
    });
  }

  hear(frame: HeardFrame): void {
    const { pcm, position, kind } = frame;
    const zeroAt = frame.endsAt - ((position + pcm.length) * 1000) / LINE_RATE;
    for (let i = 0; i < pcm.length; i++) {
      const sample = pcm[i] ?? 0;
      this.#power += sample * sample;
      this.#counted++;
      const end = position + i + 1;
      if (end % LEVEL_SAMPLES !== 0) continue;
      const power = this.#power / (this.#counted * FULL_SCALE_POWER);
      const dbfs = power > 0 ? 10 * Math.log10(power) : SILENCE_DBFS;
      this.#segmenter.level(dbfs, end, zeroAt + (end * 1000) / LINE_RATE, kind === 'absent');
      this.#power = 0;
      this.#counted = 0;
    }
    this.#stream.write(pcm, position);
  }

  close(): void {
    this.#batch.close(this.#stream);
  }
}
