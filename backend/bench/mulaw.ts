/**
 * The witness's own ear: G.711 mu-law and voice by energy, sharing nothing with what is measured. Voiced is a block of
 * 5 ms above -45 dBFS; within it the voice begins and ends at the first and last sample above that level.
 */

export const MULAW_SILENCE = 0xff;
export const SAMPLES_PER_MS = 8;
export const PACKET_SAMPLES = 160;

const BLOCK_SAMPLES = 40;
/** -45 dBFS. */
const VOICED = 184;
const BLOCK_ENERGY = VOICED * VOICED * BLOCK_SAMPLES;

/** ITU-T G.711, written out: sign, three bits of exponent, four of mantissa, all inverted; 14 bits scaled to 16. */
const SAMPLES = Int16Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
});
const SQUARES = Float64Array.from(SAMPLES, (sample) => sample * sample);

/** The 16-bit sample of a code word. */
export function decodeMulaw(code: number): number {
  return SAMPLES[code & 0xff] ?? 0;
}

/** The code word of a 16-bit sample: the nearest one there is. */
export function encodeMulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), 32_635) + 0x84;
  const exponent = 31 - Math.clz32(magnitude >> 7);
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

/** First voiced sample of bytes[from, to), as an index into `bytes`; -1 when there is none. */
export function firstVoiced(bytes: Uint8Array, from: number, to: number): number {
  for (let block = from; block < to; block += BLOCK_SAMPLES) {
    const end = Math.min(block + BLOCK_SAMPLES, to);
    if (!isVoiced(bytes, block, end)) continue;
    for (let i = block; i < end; i += 1) if (Math.abs(decodeMulaw(bytes[i] ?? 0)) >= VOICED) return i;
  }
  return -1;
}

/** Just after the last voiced sample of bytes[from, to); -1 when there is none. */
export function lastVoiced(bytes: Uint8Array, from: number, to: number): number {
  const blocks = Math.ceil((to - from) / BLOCK_SAMPLES);
  for (let index = blocks - 1; index >= 0; index -= 1) {
    const block = from + index * BLOCK_SAMPLES;
    const end = Math.min(block + BLOCK_SAMPLES, to);
    if (!isVoiced(bytes, block, end)) continue;
    for (let i = end - 1; i >= block; i -= 1)
      if (Math.abs(decodeMulaw(bytes[i] ?? 0)) >= VOICED) return i + 1;
  }
  return -1;
}

function isVoiced(bytes: Uint8Array, from: number, to: number): boolean {
  let energy = 0;
  for (let i = from; i < to; i += 1) energy += SQUARES[bytes[i] ?? 0] ?? 0;
  // A short last block is held to the same level.
  return energy * BLOCK_SAMPLES > BLOCK_ENERGY * (to - from);
}
