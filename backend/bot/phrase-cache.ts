import { createHash } from 'node:crypto';
import type { BotSettings } from '../contract/settings.ts';
import type { Voice } from '../providers/types.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Audio of the bot's fixed phrases (greeting, apology, ...) at the line's rate, once per voice, so that the greeting
 * leaves with the first packet and an apology can be said while the TTS is down. Shared by a worker's calls.
 */
export class PhraseCache {
  readonly #phrases = new Map<string, Int16Array>();
  #bytes = 0;

  get(text: string, settings: BotSettings, voice: Voice): Int16Array | null {
    return this.#phrases.get(keyOf(text, settings, voice)) ?? null;
  }

  /** Keeps `pcm`: the caller must not write to it again. */
  set(text: string, settings: BotSettings, voice: Voice, pcm: Int16Array): void {
    const key = keyOf(text, settings, voice);
    if (this.#phrases.has(key)) return;
    this.#phrases.set(key, pcm);
    this.#bytes += pcm.byteLength;
    for (const [oldest, audio] of this.#phrases) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#phrases.delete(oldest);
      this.#bytes -= audio.byteLength;
    }
  }
}

/** Everything that changes how the phrase sounds. */
function keyOf(text: string, settings: BotSettings, voice: Voice): string {
  const { provider, model, base_url } = settings.tts;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([text, settings.language, provider, model, base_url, voice.name, voice.speed]));
  if (voice.reference) hash.update(voice.reference.wav).update(voice.reference.text);
  return hash.digest('hex');
}
