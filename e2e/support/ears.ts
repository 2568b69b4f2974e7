import { resample } from '../../backend/audio/resample.ts';
import { Scope } from '../../backend/base/scope.ts';
import { modelsDirectory } from '../../backend/models/directory.ts';
import { InferenceClient } from '../../backend/providers/embedded/client.ts';
import { InferenceWorker } from '../../backend/providers/embedded/inference-worker.ts';

/** The embedded models by themselves, away from any call: to hear what was said on the wire, and to say more. */
export class Ears implements AsyncDisposable {
  readonly #scope = new Scope();
  readonly #client = new InferenceClient(
    new InferenceWorker(this.#scope, modelsDirectory(), () => undefined).connect(),
  );

  /** What Moonshine hears in 8 kHz audio. */
  hear(pcm: Int16Array): Promise<string> {
    const signal = this.#scope.signal;
    return this.#client
      .stt('moonshine-tiny-en')
      .transcribe({ pcm, sampleRate: 8000, language: 'en', prompt: null, signal });
  }

  /** Piper's voice at 8 kHz: a caller who says what no recording has. */
  async say(text: string): Promise<Int16Array> {
    const voice = { name: null, speed: 1, reference: null };
    const chunks: Int16Array[] = [];
    for await (const { pcm, sampleRate } of this.#client
      .tts('piper-joe-en')
      .speak({ text, language: 'en', voice, signal: this.#scope.signal })) {
      chunks.push(resample(pcm, sampleRate, 8000));
    }
    return Int16Array.from(chunks.flatMap((chunk) => [...chunk]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#scope.close();
  }
}
