import { setImmediate as eventLoop } from 'node:timers/promises';
import { Resampler } from '../audio/resample.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { BotSettings } from '../contract/settings.ts';
import type { PcmChunk, Tts, Voice } from '../providers/types.ts';
import type { PhraseCache } from './phrase-cache.ts';

/** Silence before the voice itself is cut down to this: a synthesiser's lead-in is latency to the caller. */
const LEAD_IN_MS = 10;
const LEAD_IN_PEAK = 180;
/** A sentence may come in one piece: it is converted in slices, so that no packet of any call waits for it. */
const SLICE_MS = 60;

export interface SynthesisMeans {
  readonly settings: BotSettings;
  readonly voice: Voice;
  readonly tts: Tts;
  /** The caller's turn that is answered; 0: none. Missing: made ahead of any call. */
  readonly turn?: number;
  /** Told what the voice made, at its own rate, also of a phrase that was made before. */
  readonly onProduced?: (chunk: PcmChunk) => void;
}

/** `text` spoken, at the line's rate, as it is made, its lead-in cut. Chunks may be kept. */
export async function* lineAudio(
  text: string,
  means: SynthesisMeans,
  signal: AbortSignal,
): AsyncGenerator<Int16Array, void, undefined> {
  let resampler: Resampler | null = null;
  let voiced = false;
  const { voice, settings, turn } = means;
  const request = {
    text,
    language: settings.language,
    voice,
    signal,
    ...(turn === undefined ? {} : { turn }),
  };
  for await (const chunk of means.tts.speak(request)) {
    means.onProduced?.(chunk);
    resampler ??= new Resampler(chunk.sampleRate, LINE_RATE);
    const slice = Math.ceil((chunk.sampleRate * SLICE_MS) / 1000);
    for (let at = 0; at < chunk.pcm.length; at += slice) {
      const input = chunk.pcm.subarray(at, at + slice);
      const out = new Int16Array(resampler.maxOutput(input.length));
      let line: Int16Array = out.subarray(0, resampler.push(input, out));
      if (!voiced) {
        line = withoutLeadIn(line);
        voiced = line.length > 0;
      }
      if (line.length > 0) yield line;
      if (at + slice < chunk.pcm.length) await eventLoop();
    }
  }
  if (!resampler) return;
  const tail = new Int16Array(LINE_RATE / 10);
  yield tail.subarray(0, resampler.flush(tail));
}

/** A fixed phrase: from the cache, or made and then kept there. */
export async function* phraseAudio(
  text: string,
  means: SynthesisMeans,
  cache: PhraseCache,
  signal: AbortSignal,
): AsyncGenerator<Int16Array, void, undefined> {
  const kept = cache.get(text, means.settings, means.voice);
  if (kept) {
    means.onProduced?.(kept.produced);
    yield kept.line;
    return;
  }
  const line: Int16Array[] = [];
  const produced: Int16Array[] = [];
  let sampleRate = LINE_RATE;
  const onProduced = (chunk: PcmChunk): void => {
    produced.push(chunk.pcm);
    sampleRate = chunk.sampleRate;
    means.onProduced?.(chunk);
  };
  for await (const chunk of lineAudio(text, { ...means, onProduced }, signal)) {
    line.push(chunk);
    yield chunk;
  }
  if (signal.aborted) return;
  const phrase = { line: joined(line), produced: { pcm: joined(produced), sampleRate } };
  cache.set(text, means.settings, means.voice, phrase);
}

function joined(chunks: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Index of the first sample that is louder than a whisper; -1: all is quiet. */
export function firstVoiced(pcm: Int16Array): number {
  return pcm.findIndex((sample) => Math.abs(sample) > LEAD_IN_PEAK);
}

/** Drops what is quieter than a whisper before the first voiced sample, save for a few ms. Empty: all is quiet. */
function withoutLeadIn(pcm: Int16Array): Int16Array {
  const first = firstVoiced(pcm);
  if (first < 0) return pcm.subarray(pcm.length);
  return pcm.subarray(Math.max(0, first - (LINE_RATE * LEAD_IN_MS) / 1000));
}
