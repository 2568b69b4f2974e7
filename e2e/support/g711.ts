/** G.711 by the formulas of ITU-T G.711, table free: shares nothing with the tables that the engine uses. */
export function decodeMulaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}

export function decodeAlaw(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits & 0x70) >> 4;
  const step = ((bits & 0x0f) << 4) + (segment === 0 ? 8 : 0x108);
  const magnitude = segment > 1 ? step << (segment - 1) : step;
  return bits & 0x80 ? magnitude : -magnitude;
}

export const SILENCE = { 0: 0xff, 8: 0xd5 } as const;
export type G711PayloadType = keyof typeof SILENCE;

export function decodeG711(payloadType: number, payload: Uint8Array): Int16Array {
  return Int16Array.from(payload, payloadType === 8 ? decodeAlaw : decodeMulaw);
}

const encoders: Partial<Record<G711PayloadType, Uint8Array>> = {};

/** By search: the code whose value is nearest. */
export function encodeG711(payloadType: G711PayloadType, pcm: Int16Array): Uint8Array {
  const table = (encoders[payloadType] ??= nearestCodes(payloadType === 8 ? decodeAlaw : decodeMulaw));
  return Uint8Array.from(pcm, (sample) => table[(sample + 32768) >> 2] ?? 0);
}

function nearestCodes(decode: (code: number) => number): Uint8Array {
  const codes = Array.from({ length: 256 }, (_, code) => ({ code, value: decode(code) })).sort(
    (a, b) => a.value - b.value,
  );
  let at = 0;
  return Uint8Array.from({ length: 16_384 }, (_, index) => {
    const sample = index * 4 + 2 - 32_768;
    const distance = (place: number): number => Math.abs((codes[place]?.value ?? Infinity) - sample);
    // Mu-law has two zeros: equally near must not hold it up.
    while (distance(at + 1) <= distance(at)) at += 1;
    return codes[at]?.code ?? 0;
  });
}
