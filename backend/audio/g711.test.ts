import { describe, expect, it } from 'vitest';
import { type Codec, decode, encode } from './g711.ts';

const samples = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
const codes = Uint8Array.from({ length: 256 }, (_, i) => i);

/** ITU-T G.191's alaw_compress, for a 16-bit sample. */
function referenceALaw(sample: number): number {
  let magnitude = sample < 0 ? ~sample >> 4 : sample >> 4;
  if (magnitude > 15) {
    let exponent = 1;
    while (magnitude > 31) {
      magnitude >>= 1;
      exponent++;
    }
    magnitude = magnitude - 16 + (exponent << 4);
  }
  return (sample >= 0 ? magnitude | 0x80 : magnitude) ^ 0x55;
}

/** ITU-T G.191's ulaw_compress, for a 16-bit sample. */
function referenceEncodeMuLaw(sample: number): number {
  const magnitude = Math.min(0x1fff, ((sample < 0 ? ~sample : sample) >> 2) + 33);
  let segment = 1;
  for (let rest = magnitude >> 6; rest !== 0; rest >>= 1) segment++;
  const code = ((8 - segment) << 4) | (15 - ((magnitude >> segment) & 15));
  return sample >= 0 ? code | 0x80 : code;
}

/** G.711 table 2a's decoder values, on 16 bits. */
function referenceMuLaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 15) * 8 + 132) << ((bits >> 4) & 7)) - 132;
  return bits & 0x80 ? -magnitude : magnitude;
}

function decodeAll(codec: Codec): Int16Array {
  const out = new Int16Array(256);
  decode(codec, codes, out);
  return out;
}

function encodeAll(codec: Codec): Uint8Array {
  const out = new Uint8Array(65536);
  encode(codec, samples, out);
  return out;
}

describe('G.711', () => {
  it('encodes every sample to A-law as the ITU reference does', () => {
    expect(encodeAll('PCMA')).toEqual(Uint8Array.from(samples, referenceALaw));
  });

  it('encodes every sample to mu-law as the ITU reference does', () => {
    expect(encodeAll('PCMU')).toEqual(Uint8Array.from(samples, referenceEncodeMuLaw));
  });

  it('decodes every mu-law code as the ITU table does', () => {
    expect(decodeAll('PCMU')).toEqual(Int16Array.from(codes, referenceMuLaw));
  });

  it.each(['PCMU', 'PCMA'] as const)('gives every %s code word back', (codec) => {
    const back = new Uint8Array(256);
    encode(codec, decodeAll(codec), back);
    // mu-law has two zeros.
    const expected = codec === 'PCMU' ? codes.map((code) => (code === 0x7f ? 0xff : code)) : codes;
    expect(back).toEqual(expected);
  });

  it('writes only as much as it was given', () => {
    const out = new Int16Array(4).fill(7);
    expect(decode('PCMU', Uint8Array.of(0xff, 0x00), out)).toBe(2);
    expect([...out]).toEqual([0, -32124, 7, 7]);
  });
});
