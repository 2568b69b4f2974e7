import { readFileSync } from 'node:fs';
import { resample } from '../audio/resample.ts';
import { readWav } from '../audio/wav.ts';
import {
  decodeMulaw,
  encodeMulaw,
  firstVoiced,
  lastVoiced,
  MULAW_SILENCE,
  PACKET_SAMPLES,
  SAMPLES_PER_MS,
} from './mulaw.ts';

/** What a caller says, as payloads to send one after the other. */
export interface Utterance {
  readonly payloads: readonly Uint8Array[];
  /** First voiced sample and just after the last one, counted from the start of the first payload. */
  readonly voicedFrom: number;
  readonly voicedTo: number;
}

/** A cut end falls in so long: no click, and still sharp. */
const FADE_SAMPLES = 2 * SAMPLES_PER_MS;
/** A cut ends in a stretch of 20 ms of at least this level: in the middle of a vowel. */
const CUT_RMS = 2000;

/** A recording's voiced part as mu-law at 8 kHz. @throws SidetoneError 'usage' when it is no WAV file */
export function readSpeech(file: string): Uint8Array {
  const { pcm, sampleRate } = readWav(readFileSync(file));
  const speech = Uint8Array.from(sampleRate === 8000 ? pcm : resample(pcm, sampleRate, 8000), encodeMulaw);
  return speech.subarray(
    Math.max(0, firstVoiced(speech, 0, speech.length)),
    lastVoiced(speech, 0, speech.length),
  );
}

/**
 * Cut so that its last voiced sample is beyond doubt for every ear: at the end of the last loud stretch, where it
 * breaks off within 2 ms. Real speech fades; when it "ends" is then a matter of opinion, and what is measured from
 * there would be too.
 */
export function cutSharp(speech: Uint8Array): Uint8Array {
  let to = speech.length;
  while (to - PACKET_SAMPLES > 0 && rms(speech.subarray(to - PACKET_SAMPLES, to)) < CUT_RMS)
    to -= SAMPLES_PER_MS;
  const cut = speech.slice(0, to);
  for (let i = Math.max(0, cut.length - FADE_SAMPLES); i < cut.length; i += 1) {
    cut[i] = encodeMulaw((decodeMulaw(cut[i] ?? 0) * (cut.length - i)) / FADE_SAMPLES);
  }
  return cut;
}

/** Packets of 20 ms, the speech beginning `offset` samples into the first: how it falls into packets is chance. */
export function packetise(speech: Uint8Array, offset: number): Utterance {
  const count = Math.ceil((offset + speech.length) / PACKET_SAMPLES);
  const bytes = new Uint8Array(count * PACKET_SAMPLES).fill(MULAW_SILENCE);
  bytes.set(speech, offset);
  const payloads = Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * PACKET_SAMPLES, (index + 1) * PACKET_SAMPLES),
  );
  return {
    payloads,
    voicedFrom: firstVoiced(bytes, 0, bytes.length),
    voicedTo: lastVoiced(bytes, 0, bytes.length),
  };
}

function rms(speech: Uint8Array): number {
  let energy = 0;
  for (const code of speech) energy += decodeMulaw(code) ** 2;
  return Math.sqrt(energy / Math.max(1, speech.length));
}
