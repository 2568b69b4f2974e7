import { readFile } from 'node:fs/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';
import { SidetoneError, explain } from '../../base/errors.ts';
import { modelFile, pullHint } from '../../models/directory.ts';
import type { PcmChunk } from '../types.ts';
import { AudioCache } from './audio-cache.ts';
import type { Espeak } from './espeak.ts';
import { openSession } from './ort.ts';
import { phonemeIds, sentencePhonemes } from './phonemes.ts';

/** What we read of a voice's JSON. */
const voiceConfig = z.object({
  audio: z.object({ sample_rate: z.int() }),
  espeak: z.object({ voice: z.string() }),
  inference: z.object({ noise_scale: z.number(), length_scale: z.number(), noise_w: z.number() }),
  phoneme_id_map: z.record(z.string(), z.array(z.int())),
});
type VoiceConfig = z.infer<typeof voiceConfig>;

/** Some three minutes of speech. */
const CACHE_BYTES = 8_000_000;

/** A Piper voice (github.com/rhasspy/piper): VITS over espeak's phonemes, a sentence at a time. */
export class Piper {
  readonly #session: InferenceSession;
  readonly #config: VoiceConfig;
  readonly #espeak: Espeak;
  /** Bots begin many answers alike. */
  readonly #cache = new AudioCache(CACHE_BYTES);

  private constructor(session: InferenceSession, config: VoiceConfig, espeak: Espeak) {
    this.#session = session;
    this.#config = config;
    this.#espeak = espeak;
  }

  static async load(modelsDir: string, model: string, espeak: Espeak): Promise<Piper> {
    const config = await readConfig(modelFile(modelsDir, model, 'voice.json'), model);
    const session = await openSession(modelsDir, model, 'voice.onnx');
    const piper = new Piper(session, config, espeak);
    await piper.speak('Hello, how can I help you today?', 1);
    return piper;
  }

  /** One sentence as audio. Blocks the thread for some 6 % of its length. `speed` 1: the voice's own. */
  async speak(sentence: string, speed: number): Promise<PcmChunk> {
    const sampleRate = this.#config.audio.sample_rate;
    const key = `${speed} ${sentence}`;
    const kept = this.#cache.get(key);
    if (kept) return { pcm: kept, sampleRate };
    const { espeak, inference, phoneme_id_map: map } = this.#config;
    const ids = phonemeIds(sentencePhonemes(sentence, this.#espeak, espeak.voice), map);
    const { output } = await this.#session.run({
      input: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
      input_lengths: new Tensor('int64', BigInt64Array.of(BigInt(ids.length)), [1]),
      scales: new Tensor(
        'float32',
        Float32Array.of(inference.noise_scale, inference.length_scale / speed, inference.noise_w),
        [3],
      ),
    });
    if (!(output?.data instanceof Float32Array))
      throw new SidetoneError('internal', 'the voice gave no audio');
    const pcm = Int16Array.from(output.data, (sample) =>
      Math.max(-32768, Math.min(32767, Math.round(sample * 32767))),
    );
    this.#cache.set(key, pcm);
    return { pcm, sampleRate };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

async function readConfig(file: string, model: string): Promise<VoiceConfig> {
  try {
    return voiceConfig.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new SidetoneError('environment', `the voice ${model} is not one of Piper's: ${explain(cause)}`, {
      hint: `remove it, then ${pullHint(model)}`,
      cause,
    });
  }
}
