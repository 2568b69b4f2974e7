/** Sounds that are told from one another by their content, whatever a telephone line does to them. */

const RATE = 8000;
const NOTE_SAMPLES = 800;

/** A tune of its own for each name: notes of 100 ms between 300 and 3000 Hz, 8 kHz. Two of them are not alike. */
export function tune(name: string, seconds = 3): Int16Array {
  const random = numbers(name);
  const pcm = new Int16Array(seconds * RATE);
  let phase = 0;
  let step = 0;
  for (let i = 0; i < pcm.length; i += 1) {
    if (i % NOTE_SAMPLES === 0) step = (2 * Math.PI * (300 + random() * 2700)) / RATE;
    phase += step;
    pcm[i] = 9000 * Math.sin(phase);
  }
  return pcm;
}

/** How much of what was heard is looked for at a time: long enough to be nothing else. */
const SOUGHT_SAMPLES = RATE / 2;
/** Quieter is silence, or comfort noise: it says nothing. */
const QUIET_RMS = 200;

/**
 * Whether what was said has arrived: the best normalised cross-correlation of any half second of `heard` with any place
 * of `said`, 0..1. A line without loss is above 0.99 over G.711; two tunes have less than 0.4 in common.
 */
export function arrived(said: Int16Array, heard: Int16Array): number {
  const place = placeIn(said);
  let best = 0;
  for (let to = heard.length; to >= SOUGHT_SAMPLES && best < 0.95; to -= SOUGHT_SAMPLES) {
    best = Math.max(best, place(heard.subarray(to - SOUGHT_SAMPLES, to)));
  }
  return best;
}

/** Finds a stretch of SOUGHT_SAMPLES in `said`: its best normalised cross-correlation, by FFT. */
function placeIn(said: Int16Array): (sought: Int16Array) => number {
  const size = 2 ** Math.ceil(Math.log2(said.length + SOUGHT_SAMPLES));
  const whole = spectrum(said, size);
  const sums = new Float64Array(said.length + 1);
  for (let i = 0; i < said.length; i += 1) sums[i + 1] = (sums[i] ?? 0) + (said[i] ?? 0) ** 2;
  const least = SOUGHT_SAMPLES * QUIET_RMS ** 2;
  return (sought) => {
    const energy = sought.reduce((sum, sample) => sum + sample ** 2, 0);
    if (energy < least) return 0;
    const part = spectrum(sought, size);
    // The whole times the part's conjugate, conjugated once more: the forward transform then is the inverse one.
    for (let i = 0; i < size; i += 1) {
      const [a, b] = [whole.re[i] ?? 0, whole.im[i] ?? 0];
      const [c, d] = [part.re[i] ?? 0, part.im[i] ?? 0];
      part.re[i] = a * c + b * d;
      part.im[i] = a * d - b * c;
    }
    transform(part.re, part.im);
    let best = 0;
    for (let at = 0; at + SOUGHT_SAMPLES <= said.length; at += 1) {
      const there = (sums[at + SOUGHT_SAMPLES] ?? 0) - (sums[at] ?? 0);
      if (there >= least) best = Math.max(best, (part.re[at] ?? 0) / size / Math.sqrt(there * energy));
    }
    return best;
  };
}

function spectrum(pcm: Int16Array, size: number): { re: Float64Array; im: Float64Array } {
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  re.set(pcm);
  transform(re, im);
  return { re, im };
}

/** FFT in place, radix 2 (Cooley and Tukey, 1965). */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
    [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
  }
  for (let half = 1; half < size; half *= 2) {
    const [turnRe, turnIm] = [Math.cos(Math.PI / half), -Math.sin(Math.PI / half)];
    for (let from = 0; from < size; from += 2 * half) {
      let [wRe, wIm] = [1, 0];
      for (let i = from; i < from + half; i += 1) {
        const [xRe, xIm] = [re[i + half] ?? 0, im[i + half] ?? 0];
        const [yRe, yIm] = [xRe * wRe - xIm * wIm, xRe * wIm + xIm * wRe];
        re[i + half] = (re[i] ?? 0) - yRe;
        im[i + half] = (im[i] ?? 0) - yIm;
        re[i] = (re[i] ?? 0) + yRe;
        im[i] = (im[i] ?? 0) + yIm;
        [wRe, wIm] = [wRe * turnRe - wIm * turnIm, wRe * turnIm + wIm * turnRe];
      }
    }
  }
}

/** Numbers in 0..1, the same ones for a name each time (mulberry32 over FNV-1a). */
function numbers(name: string): () => number {
  let state = 0x811c9dc5;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
