import { describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { encode } from './g711.ts';
import { encodeWav, readWav, wavHeader } from './wav.ts';

const speech = Int16Array.of(0, 1, -1, 1000, -1000, 32767, -32768, 256, -512);

const u16 = (value: number) => [value & 255, value >> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const ascii = (text: string) => [...Buffer.from(text)];
const chunk = (id: string, body: readonly number[], size = body.length) => [
  ...ascii(id),
  ...u32(size),
  ...body,
  ...(body.length % 2 ? [0] : []),
];
const riff = (...chunks: number[][]) => {
  const body = [...ascii('WAVE'), ...chunks.flat()];
  return Uint8Array.from([...ascii('RIFF'), ...u32(body.length), ...body]);
};

function format(tag: number, bits: number, channels = 1, rate = 8000): number[] {
  const block = (bits / 8) * channels;
  return chunk('fmt ', [
    ...u16(tag),
    ...u16(channels),
    ...u32(rate),
    ...u32(rate * block),
    ...u16(block),
    ...u16(bits),
  ]);
}

/** `values` written by a DataView setter, little endian. */
function pack(
  values: Iterable<number>,
  size: number,
  write: (view: DataView, at: number, value: number) => void,
): number[] {
  const list = [...values];
  const view = new DataView(new ArrayBuffer(list.length * size));
  list.forEach((value, i) => write(view, i * size, value));
  return [...new Uint8Array(view.buffer)];
}

const pcm16 = (values: Iterable<number>) =>
  pack(values, 2, (view, at, value) => view.setInt16(at, value, true));

describe('readWav', () => {
  it('reads what encodeWav writes', () => {
    expect(readWav(encodeWav(speech, 22050))).toEqual({ pcm: speech, sampleRate: 22050 });
    expect(readWav(encodeWav(new Int16Array(0), 8000))).toEqual({ pcm: new Int16Array(0), sampleRate: 8000 });
  });

  it('reads a file at any offset of its buffer', () => {
    const file = encodeWav(speech, 8000);
    const padded = new Uint8Array(file.length + 3);
    padded.set(file, 3);
    expect(readWav(padded.subarray(3)).pcm).toEqual(speech);
  });

  it('reads PCM of every width', () => {
    const bytes8 = pack(speech, 1, (view, at, value) => view.setUint8(at, (value >> 8) + 128));
    expect(readWav(riff(format(1, 8), chunk('data', bytes8))).pcm).toEqual(
      speech.map((value) => value & ~255),
    );
    const bytes24 = [...speech].flatMap((value) => [0x40, ...u16(value & 0xffff)]);
    expect(readWav(riff(format(1, 24), chunk('data', bytes24))).pcm).toEqual(speech);
    const bytes32 = pack(speech, 4, (view, at, value) => view.setInt32(at, value * 65536, true));
    expect(readWav(riff(format(1, 32), chunk('data', bytes32))).pcm).toEqual(speech);
  });

  it('reads floats and tames what is out of range', () => {
    const values = [0, 0.5, -0.5, 1, -1, 3, -Infinity, NaN];
    const expected = Int16Array.of(0, 16384, -16384, 32767, -32768, 32767, -32768, 0);
    const bytes32 = pack(values, 4, (view, at, value) => view.setFloat32(at, value, true));
    const bytes64 = pack(values, 8, (view, at, value) => view.setFloat64(at, value, true));
    expect(readWav(riff(format(3, 32), chunk('data', bytes32))).pcm).toEqual(expected);
    expect(readWav(riff(format(3, 64), chunk('data', bytes64))).pcm).toEqual(expected);
  });

  it('reads A-law and mu-law', () => {
    const samples = Int16Array.of(8, -8, 1008, -1008, 32256);
    const codes = new Uint8Array(samples.length);
    encode('PCMA', samples, codes);
    expect(readWav(riff(format(6, 8), chunk('data', [...codes]))).pcm).toEqual(samples);
    const loud = Int16Array.of(0, 32124, -32124);
    encode('PCMU', loud, codes);
    expect(readWav(riff(format(7, 8), chunk('data', [...codes.subarray(0, 3)]))).pcm).toEqual(loud);
  });

  it('mixes channels to their mean', () => {
    const file = riff(format(1, 16, 2, 44100), chunk('data', pcm16([100, 300, 32767, 32767, -5, 5])));
    expect(readWav(file)).toEqual({ pcm: Int16Array.of(200, 32767, 0), sampleRate: 44100 });
  });

  it('reads WAVE_FORMAT_EXTENSIBLE by its sub-format', () => {
    const guid = [...u16(1), 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    const head = [...u16(0xfffe), ...u16(1), ...u32(48000), ...u32(96000), ...u16(2), ...u16(16)];
    const file = riff(
      chunk('fmt ', [...head, ...u16(22), ...u16(16), ...u32(4), ...guid]),
      chunk('data', pcm16(speech)),
    );
    expect(readWav(file)).toEqual({ pcm: speech, sampleRate: 48000 });
  });

  it('steps over other chunks and the padding of odd ones', () => {
    const file = riff(
      chunk('JUNK', [1, 2, 3]),
      format(1, 16),
      chunk('LIST', [9]),
      chunk('data', pcm16(speech)),
      chunk('id3 ', [1, 2]),
    );
    expect(readWav(file).pcm).toEqual(speech);
  });

  it.each([0, 0xffffffff])('reads to the end where the length was left at %i', (size) => {
    for (const riffSize of [0, 36, 0xffffffff]) {
      const file = encodeWav(speech, 16000);
      new DataView(file.buffer).setUint32(4, riffSize, true);
      new DataView(file.buffer).setUint32(40, size, true);
      expect(readWav(file).pcm).toEqual(speech);
    }
  });

  it('believes a length of 0 where the file goes on with other chunks', () => {
    expect(readWav(riff(format(1, 16), chunk('data', []), chunk('LIST', [1, 2, 3, 4]))).pcm.length).toBe(0);
  });

  it('reads what is there of a file that was cut short', () => {
    expect(readWav(encodeWav(speech, 8000).subarray(0, 44 + 7)).pcm).toEqual(speech.slice(0, 3));
  });

  it.each([
    ['an MP3 file', Uint8Array.from([...ascii('ID3'), ...Array.from({ length: 40 }, () => 0)])],
    ['a FLAC file', Uint8Array.from(ascii('fLaC....WAVE'))],
    ['JSON text', Uint8Array.from(ascii('{"error": "no such voice"}'))],
    ['an RF64 file', Uint8Array.from(ascii('RF64....WAVE'))],
    ['empty', new Uint8Array(0)],
    ['IMA ADPCM of 4 bits', riff(format(0x11, 4), chunk('data', [1, 2]))],
    ['PCM of 20 bits', riff(format(1, 20), chunk('data', [1, 2, 3]))],
    ['PCM of 64 bits', riff(format(1, 64), chunk('data', []))],
    ['floating point of 16 bits', riff(format(3, 16), chunk('data', [1, 2]))],
    ['format 0x1234', riff(format(0x1234, 8), chunk('data', [1, 2]))],
    ['0 channels', riff(format(1, 16, 0), chunk('data', [1, 2]))],
    ['rate of 0 Hz', riff(format(1, 16, 1, 0), chunk('data', [1, 2]))],
    ['no "data" chunk', riff(format(1, 16))],
    ['no "fmt " chunk', riff(chunk('data', [1, 2]))],
    ['"fmt " chunk has 4 bytes', riff(chunk('fmt ', [1, 0, 1, 0]), chunk('data', [1, 2]))],
  ])('refuses, naming what it found: %s', (found, file) => {
    expect(() => readWav(file)).toThrow(found);
    expect(() => readWav(file)).toThrow(SidetoneError);
  });

  it('never fails but with a SidetoneError, whatever the bytes', () => {
    let seed = 20240817;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const whole = riff(format(1, 24, 2), chunk('LIST', [1, 2, 3]), chunk('data', pcm16(speech)));
    let read = 0;
    for (let round = 0; round < 20_000; round++) {
      const file = whole.slice(0, random(4) === 0 ? random(whole.length) : whole.length);
      for (let i = random(4); i >= 0; i--) file[random(file.length)] = random(3) === 0 ? 255 : random(256);
      try {
        expect(readWav(file).pcm.length).toBeLessThanOrEqual(file.length);
        read++;
      } catch (error) {
        if (!(error instanceof SidetoneError)) throw error;
      }
    }
    expect(read).toBeGreaterThan(1000);
  });
});

describe('wavHeader', () => {
  it('states the sizes, or that they are not known', () => {
    const known = new DataView(wavHeader({ sampleRate: 8000, samples: 10 }).buffer);
    expect([known.byteLength, known.getUint32(4, true), known.getUint32(40, true)]).toEqual([44, 56, 20]);
    const unknown = new DataView(wavHeader({ sampleRate: 8000, samples: null }).buffer);
    expect([unknown.getUint32(4, true), unknown.getUint32(40, true)]).toEqual([0xffffffff, 0xffffffff]);
  });
});
