import { createHash } from 'node:crypto';
import type { BotSettings } from '../contract/settings.ts';
import type { PcmChunk, Voice } from '../providers/types.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** A phrase as it goes on the line, and as the voice made it. */
export interface Phrase {
  readonly line: Int16Array;
  readonly produced: PcmChunk;
}

/**
 * Audio of the bot's fixed phrases (greeting, apology, ...) once per voice, so that the greeting
 * leaves with the first packet and an apology can be said while the TTS is down. Shared by a worker's calls.
 */
export class PhraseCache {
  readonly #phrases = new Map<string, Phrase>();
  #bytes = 0;

  get(text: string, settings: BotSettings, voice: Voice): Phrase | null {
    return this.#phrases.get(keyOf(text, settings, voice)) ?? null;
  }

  /** Keeps the phrase's audio: the caller must not write to it again. */
  set(text: string, settings: BotSettings, voice: Voice, phrase: Phrase): void {
    const key = keyOf(text, settings, voice);
    if (this.#phrases.has(key)) return;
    this.#phrases.set(key, phrase);
    this.#bytes += bytesOf(phrase);
    for (const [oldest, other] of this.#phrases) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#phrases.delete(oldest);
      this.#bytes -= bytesOf(other);
    }
  }
}

function bytesOf({ line, produced }: Phrase): number {
  return line.byteLength + produced.pcm.byteLength;
}

/** Everything that changes how the phrase sounds. */
function keyOf(text: string, settings: BotSettings, voice: Voice): string {
  const { provider, model, base_url } = settings.tts;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([text, settings.language, provider, model, base_url, voice.name, voice.speed]));
  if (voice.reference) hash.update(voice.reference.wav).update(voice.reference.text);
  return hash.digest('hex');
}
