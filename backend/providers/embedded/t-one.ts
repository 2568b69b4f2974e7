import { readFile } from 'node:fs/promises';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { resample } from '../../audio/resample.ts';
import { SidetoneError } from '../../base/errors.ts';
import { modelFile } from '../../models/directory.ts';
import { throwIfCancelled } from './cancel.ts';
import { openSession } from './ort.ts';

export const T_ONE_MODEL = 't-one-ru';

const RATE = 8000;
/** 300 ms; the model answers each with ten frames. */
const CHUNK = 2400;
const STATE = 219_729;
const BLANK = '<blk>';

/**
 * T-one (github.com/voicekit-team/T-one): a streaming Conformer with CTC for telephone Russian, as exported by
 * sherpa-onnx. Lower case, no punctuation.
 */
export class TOne {
  readonly #session: InferenceSession;
  readonly #tokens: readonly string[];

  private constructor(session: InferenceSession, tokens: readonly string[]) {
    this.#session = session;
    this.#tokens = tokens;
  }

  static async load(modelsDir: string): Promise<TOne> {
    const tokens = parseTokens(await readFile(modelFile(modelsDir, T_ONE_MODEL, 'tokens.txt'), 'utf8'));
    const tOne = new TOne(await openSession(modelsDir, T_ONE_MODEL, 'model.onnx'), tokens);
    await tOne.transcribe(new Int16Array(CHUNK), RATE, new AbortController().signal);
    return tOne;
  }

  /** @returns the words, '' when there are none. @throws SidetoneError 'cancelled' within a chunk of `signal`. */
  async transcribe(pcm: Int16Array, sampleRate: number, signal: AbortSignal): Promise<string> {
    const heard = sampleRate === RATE ? pcm : resample(pcm, sampleRate, RATE);
    // A chunk of silence at both ends: the first and the last word want their surroundings.
    const chunks = Math.ceil(heard.length / CHUNK) + 2;
    const audio = new Int32Array(chunks * CHUNK);
    audio.set(heard, CHUNK);
    const [signalName = '', stateName = ''] = this.#session.inputNames;
    const [logProbsName = '', nextName = ''] = this.#session.outputNames;

    let state = halfFloats(new Uint16Array(STATE));
    const best: number[] = [];
    for (let at = 0; at < audio.length; at += CHUNK) {
      throwIfCancelled(signal);
      const outputs = await this.#session.run({
        [signalName]: new Tensor('int32', audio.subarray(at, at + CHUNK), [1, CHUNK, 1]),
        [stateName]: state,
      });
      const logProbs = outputs[logProbsName];
      const next = outputs[nextName];
      if (!(logProbs?.data instanceof Float32Array) || !ArrayBuffer.isView(next?.data)) {
        throw new SidetoneError('internal', `${T_ONE_MODEL} has not the outputs expected`);
      }
      best.push(...likeliest(logProbs.data, this.#tokens.length));
      state = halfFloats(new Uint16Array(next.data.buffer, next.data.byteOffset, STATE));
    }
    return collapse(best, this.#tokens);
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Lines "token id"; a line with the id alone is the space. */
export function parseTokens(text: string): string[] {
  const tokens: string[] = [];
  for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
    const fields = line.trim().split(/\s+/);
    const id = Number(fields.at(-1));
    tokens[id] = fields.length === 1 ? ' ' : (fields[0] ?? '');
  }
  return tokens;
}

/** CTC (Graves et al. 2006): repeats are one, then blanks are none. */
export function collapse(ids: readonly number[], tokens: readonly string[]): string {
  const kept = ids.filter((id, i) => id !== ids[i - 1]);
  return kept
    .map((id) => tokens[id] ?? '')
    .filter((token) => token !== BLANK)
    .join('')
    .trim();
}

/**
 * A float16 tensor of the state's size. onnxruntime-node 1.23 takes half floats as Uint16Array only, but its Tensor
 * makes a Float16Array of them where the language has one.
 */
function halfFloats(bits: Uint16Array): Tensor {
  const tensor = new Tensor('float16', bits, [1, STATE]);
  return Object.defineProperty(tensor, 'data', { value: bits });
}

function likeliest(logProbs: Float32Array, tokens: number): number[] {
  return Array.from({ length: logProbs.length / tokens }, (_, frame) => {
    const row = logProbs.subarray(frame * tokens, (frame + 1) * tokens);
    return row.reduce((best, value, id) => (value > (row[best] ?? 0) ? id : best), 0);
  });
}
