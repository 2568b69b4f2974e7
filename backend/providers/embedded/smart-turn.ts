import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { resample } from '../../audio/resample.ts';
import { SidetoneError } from '../../base/errors.ts';
import { LogMel, MEL_BANDS } from './log-mel.ts';
import { openSession } from './ort.ts';

const RATE = 16_000;
/** What the model looks at. */
export const SMART_TURN_SECONDS = 8;

/** smart-turn v3 (github.com/pipecat-ai/smart-turn): Whisper tiny's encoder with a head that judges completeness. */
export class SmartTurn {
  readonly #session: InferenceSession;
  readonly #mel = new LogMel(SMART_TURN_SECONDS);

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async load(modelsDir: string, model: string): Promise<SmartTurn> {
    const smartTurn = new SmartTurn(await openSession(modelsDir, model, 'smart-turn.onnx'));
    await smartTurn.judge(new Int16Array(RATE), RATE);
    return smartTurn;
  }

  /** Probability that the speaker has finished. Only the last 8 s count. */
  async judge(pcm: Int16Array, sampleRate: number): Promise<number> {
    const recent = pcm.subarray(Math.max(0, pcm.length - SMART_TURN_SECONDS * sampleRate));
    const audio = sampleRate === RATE ? recent : resample(recent, sampleRate, RATE);
    const features = new Tensor('float32', this.#mel.spectrogram(audio), [1, MEL_BANDS, this.#mel.frames]);
    const { logits } = await this.#session.run({ input_features: features });
    const probability = logits?.data[0];
    if (typeof probability !== 'number') throw new SidetoneError('internal', 'smart-turn gave no number');
    return probability;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
