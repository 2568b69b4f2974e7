/**
 * Speech for tests and benches: a burst of tone per word, as long as its letters, with a short gap between words.
 * The same text always gives the same samples, the first of which are already loud, so that delays can be measured.
 */

const MS_PER_CHARACTER = 60;
const GAP_MS = 60;
const RAMP_MS = 2;
const AMPLITUDE = 8000;

/** Made once: many calls of a bench say the same. */
const made = new Map<string, Int16Array>();
const MOST_MADE = 64;

/** @param speed 2 speaks twice as fast. Returns 16-bit mono PCM, to be read only. */
export function toneSpeech(text: string, sampleRate: number, speed = 1): Int16Array {
  const key = `${sampleRate} ${speed} ${text}`;
  let pcm = made.get(key);
  if (!pcm) {
    if (made.size === MOST_MADE) made.clear();
    pcm = makeSpeech(text, sampleRate, speed);
    made.set(key, pcm);
  }
  return pcm;
}

function makeSpeech(text: string, sampleRate: number, speed: number): Int16Array {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const samplesOf = (ms: number) => Math.round((ms / speed / 1000) * sampleRate);
  const gap = samplesOf(GAP_MS);
  const lengths = words.map((word) => samplesOf(word.length * MS_PER_CHARACTER));
  const pcm = new Int16Array(lengths.reduce((sum, length) => sum + length + gap, 0));
  let at = 0;
  for (const [index, word] of words.entries()) {
    const length = lengths[index] ?? 0;
    burst(pcm.subarray(at, at + length), pitch(word), sampleRate);
    at += length + gap;
  }
  return pcm;
}

/** Hz, within the telephone's band. */
function pitch(word: string): number {
  let hash = 0;
  for (const letter of word) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return 300 + (hash % 32) * 20;
}

function burst(out: Int16Array, hz: number, sampleRate: number): void {
  const ramp = (RAMP_MS / 1000) * sampleRate;
  const step = (2 * Math.PI * hz) / sampleRate;
  for (let i = 0; i < out.length; i++) {
    const gain = Math.min(1, (i + 1) / ramp, (out.length - i) / ramp);
    out[i] = Math.round(AMPLITUDE * gain * Math.cos(step * i));
  }
}
