/**
 * Voiced audio by energy alone: 5 ms blocks above a fixed level. Deliberately not the engine's own VAD: what is
 * measured with it is measured by an independent witness. Fit for clean lines, where silence is silence.
 */

const BLOCK_SAMPLES = 40;
/** -45 dBFS. */
const VOICED_RMS = 184;

/** [from, to) of the voiced part of `pcm` at 8 kHz, to the block; null when there is none. */
export function voicedRange(pcm: Int16Array): { from: number; to: number } | null {
  let from = -1;
  let to = -1;
  for (let at = 0; at < pcm.length; at += BLOCK_SAMPLES) {
    const end = Math.min(at + BLOCK_SAMPLES, pcm.length);
    if (!isVoiced(pcm, at, end)) continue;
    if (from < 0) from = at;
    to = end;
  }
  return from < 0 ? null : { from, to };
}

function isVoiced(pcm: Int16Array, from: number, to: number): boolean {
  let energy = 0;
  for (let i = from; i < to; i += 1) energy += (pcm[i] ?? 0) ** 2;
  return energy > VOICED_RMS * VOICED_RMS * (to - from);
}
