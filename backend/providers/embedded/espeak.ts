import { pathToFileURL } from 'node:url';
import { SidetoneError, explain } from '../../base/errors.ts';
import { modelFile, pullHint } from '../../models/directory.ts';
import type { PcmChunk } from '../types.ts';

/** Model the voice pack is installed as. It is GPL-3.0: fetched by the user, never part of the project. */
export const ESPEAK_MODEL = 'espeak-ng';

/** Words a minute at speed 1. */
const RATE = 165;

/** What we use of the pack's Emscripten module (github.com/echogarden-project/espeak-ng-emscripten). */
interface EspeakModule {
  readonly HEAPU8: Uint8Array;
  _free(pointer: number): void;
  eSpeakNGWorker: new () => EspeakWorker;
}

interface EspeakWorker {
  readonly samplerate: number;
  /** 0: found. */
  set_voice(name: string): number;
  set_rate(wordsPerMinute: number): void;
  /** `format` 1: IPA. The string is the caller's to free. */
  text_to_phonemes(text: string, format: number): { readonly ptr: number };
  /** Calls back with 16-bit audio while it is made; a true answer stops it. */
  synthesize(text: string, onAudio: (pcm: Int16Array) => boolean): void;
}

/** espeak-ng: a robotic voice in many languages, and the letter-to-sound rules that the Piper voices need. */
export class Espeak {
  readonly #module: EspeakModule;
  readonly #worker: EspeakWorker;
  #voice = '';

  private constructor(module: EspeakModule) {
    this.#module = module;
    this.#worker = new module.eSpeakNGWorker();
  }

  /** @throws SidetoneError 'environment' when the voice pack is not installed or is broken. */
  static async load(modelsDir: string): Promise<Espeak> {
    modelFile(modelsDir, ESPEAK_MODEL, 'espeak-ng.data');
    const script = modelFile(modelsDir, ESPEAK_MODEL, 'espeak-ng.js');
    try {
      const imported: unknown = await import(pathToFileURL(script).href);
      const espeak = new Espeak(await instantiate(imported));
      espeak.phonemes('Hello.', 'en-us');
      return espeak;
    } catch (cause) {
      throw new SidetoneError(
        'environment',
        `the voice pack ${ESPEAK_MODEL} cannot be loaded: ${explain(cause)}`,
        {
          hint: `remove it, then ${pullHint(ESPEAK_MODEL)}`,
          cause,
        },
      );
    }
  }

  /** IPA of a piece of text without clause marks; words set apart by spaces. */
  phonemes(text: string, voice: string): string {
    this.#choose(voice);
    const { ptr } = this.#worker.text_to_phonemes(text, 1);
    if (ptr === 0) return '';
    const heap = this.#module.HEAPU8;
    const spoken = new TextDecoder().decode(heap.subarray(ptr, heap.indexOf(0, ptr)));
    this.#module._free(ptr);
    return (
      spoken
        // "_" parts sounds, "|" clauses, "(en)" marks a switch of language.
        .replaceAll('_', '')
        .replaceAll(/\([a-z-]+\)/g, '')
        .replaceAll(/[\s|]+/g, ' ')
        .trim()
    );
  }

  /** One sentence as audio. Blocks the thread for some 5 ms a word. */
  speak(sentence: string, voice: string, speed: number): PcmChunk {
    this.#choose(voice);
    this.#worker.set_rate(Math.round(RATE * speed));
    const chunks: Int16Array[] = [];
    this.#worker.synthesize(sentence, (pcm) => {
      chunks.push(pcm);
      return false;
    });
    const pcm = new Int16Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      pcm.set(chunk, at);
      at += chunk.length;
    }
    return { pcm, sampleRate: this.#worker.samplerate };
  }

  /** espeak's own voice names: "en-us", "ru"; plain "en" is British to it. */
  #choose(language: string): void {
    const name = language === 'en' ? 'en-us' : language.toLowerCase();
    if (name === this.#voice) return;
    if (this.#worker.set_voice(name) !== 0 && this.#worker.set_voice(name.split('-')[0] ?? name) !== 0) {
      this.#voice = '';
      throw new SidetoneError('usage', `espeak-ng has no voice for the language '${language}'`);
    }
    this.#voice = name;
  }
}

async function instantiate(imported: unknown): Promise<EspeakModule> {
  if (typeof imported === 'object' && imported !== null && 'default' in imported) {
    const make = imported.default;
    if (typeof make === 'function') {
      const module: unknown = await make();
      if (isEspeak(module)) return module;
    }
  }
  throw new SidetoneError('garbled', 'it is not the module expected');
}

function isEspeak(value: unknown): value is EspeakModule {
  return (
    typeof value === 'object' &&
    value !== null &&
    'HEAPU8' in value &&
    value.HEAPU8 instanceof Uint8Array &&
    '_free' in value &&
    typeof value._free === 'function' &&
    'eSpeakNGWorker' in value &&
    typeof value.eSpeakNGWorker === 'function'
  );
}
