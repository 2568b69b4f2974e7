import { decode, encode } from '../audio/g711.ts';
import { resample } from '../audio/resample.ts';
import { encodeWav } from '../audio/wav.ts';
import { LINE_RATE } from '../contract/party.ts';

/** Values of VoiceCard.shape. */
const SHAPE_VALUES = 120;

/** Highest magnitude, 0..1, of each of 120 equal parts of a recording, to draw it. */
export function shapeOf(pcm: Int16Array): number[] {
  return Array.from({ length: SHAPE_VALUES }, (_, index) => {
    const part = (at: number): number => Math.floor((at * pcm.length) / SHAPE_VALUES);
    let peak = 0;
    for (const sample of pcm.subarray(part(index), part(index + 1))) peak = Math.max(peak, Math.abs(sample));
    return peak / 32768;
  });
}

/**
 * A recording as it sounds on the telephone: a WAV file of 16 bits at 8 kHz, after mu-law.
 * @throws SidetoneError 'usage' for a sample rate that cannot be converted
 */
export function asPhoneHears(pcm: Int16Array, sampleRate: number): Uint8Array {
  const line = resample(pcm, sampleRate, LINE_RATE);
  const wire = new Uint8Array(line.length);
  encode('PCMU', line, wire);
  decode('PCMU', wire, line);
  return encodeWav(line, LINE_RATE);
}
