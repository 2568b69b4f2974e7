/* oxlint-disable import/default, import/no-named-as-default-member -- its types describe an ES module, Node loads CommonJS */
import alawmulaw from 'alawmulaw';

/** ITU-T G.711 by its RTP names (RFC 3551 section 4.5.14). One byte is one sample at 8 kHz. */
export type Codec = 'PCMU' | 'PCMA';

interface Tables {
  /** By code word. */
  readonly decode: Int16Array;
  /** By sample, read as unsigned 16 bit. */
  readonly encode: Uint8Array;
}

function buildTables(
  decodeSample: (code: number) => number,
  encodeSample: (sample: number) => number,
): Tables {
  const decode = new Int16Array(256);
  for (let code = 0; code < decode.length; code++) decode[code] = decodeSample(code);
  const encode = new Uint8Array(65536);
  for (let sample = -32768; sample < 32768; sample++) encode[sample & 0xffff] = encodeSample(sample);
  return { decode, encode };
}

const { alaw, mulaw } = alawmulaw;

/**
 * G.711 mirrors negative samples bitwise (-1 is the twin of 0), as in the ITU's software tool library, G.191. The
 * package negates them instead, which moves every threshold below zero by one.
 */
function mirrored(encodeSample: (sample: number) => number): (sample: number) => number {
  return (sample) => (sample < 0 ? encodeSample(~sample) ^ 0x80 : encodeSample(sample));
}

const TABLES: Record<Codec, Tables> = {
  PCMU: buildTables(
    mulaw.decodeSample,
    mirrored((sample) => mulaw.encodeSample(sample) & 0xff),
  ),
  PCMA: buildTables(alaw.decodeSample, mirrored(alaw.encodeSample)),
};

/** Decodes all of `payload` into the start of `out`, which must be as long. Returns the number of samples. */
export function decode(codec: Codec, payload: Uint8Array, out: Int16Array): number {
  const table = TABLES[codec].decode;
  const samples = payload.length;
  for (let i = 0; i < samples; i++) out[i] = table[payload[i] ?? 0] ?? 0;
  return samples;
}

/** Encodes all of `pcm` into the start of `out`, which must be as long. Returns the number of bytes. */
export function encode(codec: Codec, pcm: Int16Array, out: Uint8Array): number {
  const table = TABLES[codec].encode;
  const samples = pcm.length;
  for (let i = 0; i < samples; i++) out[i] = table[(pcm[i] ?? 0) & 0xffff] ?? 0;
  return samples;
}
