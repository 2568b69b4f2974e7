import { SidetoneError, explain } from '../../base/errors.ts';
import { models } from '../../models/manifest.ts';
import { ESPEAK_MODEL, Espeak } from './espeak.ts';
import { Gguf } from './gguf.ts';
import { Moonshine } from './moonshine.ts';
import { Piper } from './piper.ts';
import { SmartTurn } from './smart-turn.ts';
import { T_ONE_MODEL, TOne } from './t-one.ts';

type Engine = Espeak | Gguf | Moonshine | Piper | SmartTurn | TOne;

/** The models in memory: each is loaded when first asked for, and stays. */
export class Engines {
  readonly #modelsDir: string;
  readonly #loaded = new Map<string, Promise<Engine>>();

  constructor(modelsDir: string) {
    this.#modelsDir = modelsDir;
  }

  /** @throws SidetoneError 'usage' for a model that is none, 'environment' for one that is not installed. */
  load(model: string): Promise<Engine> {
    const known = this.#loaded.get(model);
    if (known) return known;
    const loading = this.#open(model);
    this.#loaded.set(model, loading);
    // What failed may be installed by the next time.
    loading.catch(() => this.#loaded.delete(model));
    return loading;
  }

  async stt(model: string): Promise<Moonshine | TOne> {
    const engine = await this.load(model);
    if (engine instanceof Moonshine || engine instanceof TOne) return engine;
    throw wrongPurpose(model, 'transcribe speech');
  }

  async tts(model: string): Promise<Piper | Espeak> {
    const engine = await this.load(model);
    if (engine instanceof Piper || engine instanceof Espeak) return engine;
    throw wrongPurpose(model, 'speak');
  }

  async llm(model: string): Promise<Gguf> {
    const engine = await this.load(model);
    if (engine instanceof Gguf) return engine;
    throw wrongPurpose(model, 'answer');
  }

  async completeness(model: string): Promise<SmartTurn> {
    const engine = await this.load(model);
    if (engine instanceof SmartTurn) return engine;
    throw wrongPurpose(model, 'judge turns');
  }

  /** Gives all memory back; no run may be under way. */
  async release(): Promise<void> {
    for (const loading of this.#loaded.values()) {
      const engine = await loading.catch(() => null);
      if (engine && 'release' in engine) await engine.release();
    }
    this.#loaded.clear();
  }

  async #open(name: string): Promise<Engine> {
    const model = models.find((candidate) => candidate.name === name);
    if (!model) {
      const names = models.map((candidate) => candidate.name).join(', ');
      throw new SidetoneError('usage', `there is no embedded model '${name}'`, {
        hint: `there are ${names}`,
      });
    }
    try {
      switch (model.purpose) {
        case 'stt':
          if (name === T_ONE_MODEL) return await TOne.load(this.#modelsDir);
          return await Moonshine.load(this.#modelsDir, name);
        case 'llm':
          return await Gguf.load(this.#modelsDir, name);
        case 'turn':
          return await SmartTurn.load(this.#modelsDir, name);
        case 'tts':
          if (name === ESPEAK_MODEL) return await Espeak.load(this.#modelsDir);
          return await Piper.load(this.#modelsDir, name, await this.#espeak());
        case 'vad':
          throw wrongPurpose(name, 'run here: media workers have it');
      }
    } catch (error) {
      if (error instanceof SidetoneError) throw error;
      throw new SidetoneError('internal', `${name}: ${explain(error)}`, { cause: error });
    }
  }

  async #espeak(): Promise<Espeak> {
    const engine = await this.load(ESPEAK_MODEL);
    if (engine instanceof Espeak) return engine;
    throw wrongPurpose(ESPEAK_MODEL, 'speak');
  }
}

function wrongPurpose(model: string, what: string): SidetoneError {
  return new SidetoneError('usage', `the model ${model} cannot ${what}`, {
    hint: 'see what each is for with `sidetone models list`',
  });
}
