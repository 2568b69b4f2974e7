import tokenizer from 'llama-tokenizer-js';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { resample } from '../../audio/resample.ts';
import { SidetoneError } from '../../base/errors.ts';
import { throwIfCancelled } from './cancel.ts';
import { openSession } from './ort.ts';

/** Of moonshine-tiny. */
const LAYERS = 6;
const HEADS = 8;
const HEAD_SIZE = 36;
const BEGIN = 1;
const END = 2;

const RATE = 16_000;
/** Fast speech has fewer tokens a second than this; the model runs on for ever on some noises. */
const TOKENS_PER_SECOND = 6.5;
const MIN_TOKENS = 6;
/** Tightly cut words want a little air around them; more than this, and the model takes short answers for silence. */
const PAD = 0.1 * RATE;
const PEAK = 0.7;
/**
 * Nothing but noise makes END the first token by 4 to 9 logits; short answers ("Okay.") can make it win by up to 2,
 * and come out right when the next likeliest token is taken instead.
 */
const EMPTY_MARGIN = 3;

/**
 * Moonshine (Jeffries et al. 2024): an encoder over the waveform, and a decoder that makes a token a step and keeps
 * its keys and values. English only: other languages come out as English nonsense.
 */
export class Moonshine {
  readonly #encoder: InferenceSession;
  readonly #decoder: InferenceSession;

  private constructor(encoder: InferenceSession, decoder: InferenceSession) {
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  static async load(modelsDir: string, model: string): Promise<Moonshine> {
    const moonshine = new Moonshine(
      await openSession(modelsDir, model, 'encoder_model.onnx'),
      await openSession(modelsDir, model, 'decoder_model_merged.onnx'),
    );
    await moonshine.transcribe(new Int16Array(RATE).fill(1), RATE, new AbortController().signal);
    return moonshine;
  }

  /** @returns the words, '' when there are none. @throws SidetoneError 'cancelled' within a step of `signal`. */
  async transcribe(pcm: Int16Array, sampleRate: number, signal: AbortSignal): Promise<string> {
    const audio = prepare(sampleRate === RATE ? pcm : resample(pcm, sampleRate, RATE));
    if (audio === null) return '';
    throwIfCancelled(signal);
    const encoded = await this.#encoder.run({
      input_values: new Tensor('float32', audio, [1, audio.length]),
    });
    const hidden = output(encoded, 'last_hidden_state');
    const limit = Math.max(MIN_TOKENS, Math.trunc((audio.length / RATE) * TOKENS_PER_SECOND));

    const past = emptyPast();
    const tokens: number[] = [];
    for (let last = BEGIN; tokens.length < limit;) {
      throwIfCancelled(signal);
      const step = await this.#decoder.run({
        input_ids: new Tensor('int64', BigInt64Array.of(BigInt(last)), [1, 1]),
        encoder_hidden_states: hidden,
        use_cache_branch: new Tensor('bool', [tokens.length > 0], [1]),
        ...past,
      });
      last = likeliest(output(step, 'logits'), tokens.length === 0 ? EMPTY_MARGIN : 0);
      if (last === END) break;
      tokens.push(last);
      for (const name of Object.keys(past)) {
        // The encoder's keys and values do not change after the first step.
        if (tokens.length > 1 && name.includes('.encoder.')) continue;
        past[name] = output(step, name.replace('past_key_values', 'present'));
      }
    }
    return tokenizer.decode(tokens, false, false).trim();
  }

  async release(): Promise<void> {
    await this.#encoder.release();
    await this.#decoder.release();
  }
}

/** Peak brought to PEAK, PAD of silence at both ends; null when there is nothing to hear. */
function prepare(pcm: Int16Array): Float32Array | null {
  const peak = pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  if (peak === 0) return null;
  const audio = new Float32Array(pcm.length + 2 * PAD);
  for (const [i, sample] of pcm.entries()) audio[PAD + i] = (sample * PEAK) / peak;
  return audio;
}

function emptyPast(): Record<string, Tensor> {
  const past: Record<string, Tensor> = {};
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const part of ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value']) {
      const empty = new Tensor('float32', new Float32Array(0), [1, HEADS, 0, HEAD_SIZE]);
      past[`past_key_values.${layer}.${part}`] = empty;
    }
  }
  return past;
}

/** END has to win by `margin`. */
function likeliest(logits: Tensor, margin: number): number {
  const { data } = logits;
  if (!(data instanceof Float32Array)) throw new SidetoneError('internal', 'logits are not float32');
  let best = END;
  let most = (data[END] ?? 0) - margin;
  for (let i = 0; i < data.length; i++) {
    const logit = data[i] ?? 0;
    if (logit <= most || i === END) continue;
    best = i;
    most = logit;
  }
  return best;
}

function output(outputs: InferenceSession.OnnxValueMapType, name: string): Tensor {
  const value = outputs[name];
  if (!(value instanceof Tensor)) throw new SidetoneError('internal', `the model has no output ${name}`);
  return value;
}
