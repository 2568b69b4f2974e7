import type { Scope } from '../base/scope.ts';
import { explain } from '../base/errors.ts';
import type { BotFolder } from '../contract/host.ts';
import { readWav } from '../audio/wav.ts';
import type { Llm, OnMissed, OnRetry, ProviderFactory, Providers, Voice } from '../providers/types.ts';
import { systemPrompt } from './context.ts';
import { PhraseCache } from './phrase-cache.ts';
import { phrasesFor, type Phrases } from './phrases.ts';
import { phraseAudio } from './synthesis.ts';

export interface MeansListener {
  changed(folder: BotFolder): void;
  rejected(message: string): void;
}

/**
 * What a bot works with at this moment: its folder, the providers it asks for, its voice. Shared by all its calls in
 * a worker. A change is taken when it is ready to be used; generations under way keep what they began with.
 */
export class BotMeans {
  readonly phraseCache = new PhraseCache();
  readonly #factory: ProviderFactory;
  readonly #scope: Scope;
  readonly #listeners = new Set<MeansListener>();
  /** Words of reference recordings, by the recording's hash: transcribed once. */
  readonly #referenceTexts = new Map<string, string>();
  #folder: BotFolder;
  #providers: Providers;
  #voice: Voice;

  constructor(folder: BotFolder, makeProviders: ProviderFactory, scope: Scope) {
    this.#factory = makeProviders;
    this.#scope = scope;
    this.#folder = folder;
    this.#providers = makeProviders(folder, () => undefined);
    this.#voice = voiceOf(folder, folder.settings.voice.ref_text);
  }

  get folder(): BotFolder {
    return this.#folder;
  }

  /** Providers for one call, as the settings are now. */
  makeProviders(onRetry: OnRetry, onMissed?: OnMissed): Providers {
    return this.#factory(this.#folder, onRetry, onMissed);
  }

  get voice(): Voice {
    return this.#voice;
  }

  get phrases(): Phrases {
    return phrasesFor(this.#folder.settings);
  }

  /** Returns a function that stops listening. */
  subscribe(listener: MeansListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a changed folder; rejects it to the calls when its providers cannot be made. */
  async change(folder: BotFolder): Promise<void> {
    let providers = this.#providers;
    try {
      if (asks(folder) !== asks(this.#folder)) {
        providers = this.#factory(folder, () => undefined);
      }
    } catch (error) {
      this.reject(explain(error));
      return;
    }
    prepare(providers.llm, folder);
    const voice = await this.#prepareVoice(folder, providers);
    this.#folder = folder;
    this.#providers = providers;
    this.#voice = voice;
    for (const listener of this.#listeners) listener.changed(folder);
    await this.#warmPhrases();
  }

  /** A change that cannot be used: the old settings stay. */
  reject(message: string): void {
    for (const listener of this.#listeners) listener.rejected(message);
  }

  /** Readies voice and fixed phrases, so that the first call waits for nothing. */
  async warm(): Promise<void> {
    const { stt, llm, tts, completeness } = this.#providers;
    prepare(llm, this.#folder);
    await Promise.all([stt, llm, tts, completeness].map(async (provider) => provider?.warm?.()));
    this.#voice = await this.#prepareVoice(this.#folder, this.#providers);
    await this.#warmPhrases();
  }

  async #prepareVoice(folder: BotFolder, providers: Providers): Promise<Voice> {
    const { ref_text } = folder.settings.voice;
    const { referenceWav, hashes } = folder;
    if (ref_text !== null || !referenceWav || hashes.ref_audio === null) return voiceOf(folder, ref_text);
    const known = this.#referenceTexts.get(hashes.ref_audio);
    if (known !== undefined) return voiceOf(folder, known);
    const { pcm, sampleRate } = readWav(referenceWav);
    try {
      const text = await providers.stt.transcribe({
        pcm,
        sampleRate,
        language: folder.settings.language,
        prompt: null,
        signal: this.#scope.signal,
      });
      this.#referenceTexts.set(hashes.ref_audio, text);
      return voiceOf(folder, text);
    } catch (error) {
      this.reject(
        `ref_audio could not be transcribed: ${explain(error)}; write its words into voice.ref_text`,
      );
      return voiceOf(folder, null);
    }
  }

  /** Fixed phrases into the cache; where the voice fails, at least the apology in the embedded one. */
  async #warmPhrases(): Promise<void> {
    const { settings } = this.#folder;
    const { tts, fallbackTts } = this.#providers;
    const means = { settings, voice: this.#voice, tts };
    const texts = new Set(
      [settings.greeting, ...Object.values(this.phrases)].filter((text) => text !== null),
    );
    for (const text of texts) {
      try {
        await drain(phraseAudio(text, means, this.phraseCache, this.#scope.signal));
      } catch {
        if (!fallbackTts) return;
        const fallback = { ...means, tts: fallbackTts };
        await drain(phraseAudio(this.phrases.apology, fallback, this.phraseCache, this.#scope.signal)).catch(
          () => undefined,
        );
        return;
      }
    }
  }
}

/** A prompt whose rules are wrong is told of when it is used. */
function prepare(llm: Llm, { settings, prompt }: BotFolder): void {
  try {
    llm.prepare?.(systemPrompt(settings, prompt));
  } catch {
    // The request that has it fails and says why.
  }
}

async function drain(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of chunks) void chunk;
}

/** What providers are made of. */
function asks({ hashes, keys }: BotFolder): string {
  return JSON.stringify([hashes.settings, keys]);
}

/** A recording whose words are unknown cannot be cloned from. */
function voiceOf(folder: BotFolder, text: string | null): Voice {
  const { name, speed } = folder.settings.voice;
  const reference = folder.referenceWav && text !== null ? { wav: folder.referenceWav, text } : null;
  return { name, speed, reference };
}
