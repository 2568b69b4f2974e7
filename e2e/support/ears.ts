import { Scope } from '../../backend/base/scope.ts';
import { modelsDirectory } from '../../backend/models/directory.ts';
import { InferenceClient } from '../../backend/providers/embedded/client.ts';
import { startInferenceWorker } from '../../backend/providers/embedded/inference-worker.ts';

/** The embedded models by themselves, away from any call: to hear what was said on the wire, and to say more. */
export class Ears implements AsyncDisposable {
  readonly #scope = new Scope();
  readonly #client = new InferenceClient(
    startInferenceWorker(this.#scope, modelsDirectory()).connect(),
  );

  /** What Moonshine hears in 8 kHz audio. */
  hear(pcm: Int16Array): Promise<string> {
    const signal = this.#scope.signal;
    return this.#client
      .stt('moonshine-tiny-en')
      .transcribe({ pcm, sampleRate: 8000, language: 'en', prompt: null, signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#scope.close();
  }
}
