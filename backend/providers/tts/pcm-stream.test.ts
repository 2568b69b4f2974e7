import { describe, expect, it } from 'vitest';
import { encodeWav, wavHeader } from '../../audio/wav.ts';
import { NotPcmError, PcmStream } from './pcm-stream.ts';

const PCM = Int16Array.from({ length: 200 }, (_, i) => i * 100 - 9000);
const RAW = new Uint8Array(PCM.buffer);

/** What comes out when the bytes come in pieces of `size`. */
function read(bytes: Uint8Array, size: number): { pcm: number[]; stream: PcmStream } {
  const stream = new PcmStream(24_000);
  const pcm: number[] = [];
  for (let at = 0; at < bytes.length; at += size) pcm.push(...stream.push(bytes.subarray(at, at + size)));
  return { pcm, stream };
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('samples from a stream of bytes', () => {
  it.each([1, 2, 3, 7, 64, 1000])('raw PCM in pieces of %i bytes', (size) => {
    const { pcm, stream } = read(RAW, size);
    expect(pcm).toEqual([...PCM]);
    expect(stream.sampleRate).toBe(24_000);
    expect(stream.cutInSample).toBe(false);
  });

  it.each([1, 3, 43, 44, 45, 1000])('a WAV in pieces of %i bytes', (size) => {
    const { pcm, stream } = read(encodeWav(PCM, 16_000), size);
    expect(pcm).toEqual([...PCM]);
    expect(stream.sampleRate).toBe(16_000);
  });

  it.each([3, 1000])('a WAV that does not know its length, in pieces of %i bytes', (size) => {
    const { pcm } = read(join(wavHeader({ sampleRate: 22_050, samples: null }), RAW), size);
    expect(pcm).toEqual([...PCM]);
  });

  it.each([3, 1000])('nothing that stands before or after the samples of a WAV', (size) => {
    const wav = encodeWav(PCM, 16_000);
    const list = Buffer.from('LIST\x05\0\0\0hello\0', 'latin1');
    const { pcm, stream } = read(join(wav.subarray(0, 36), list, wav.subarray(36), list), size);
    expect(pcm).toEqual([...PCM]);
    expect(stream.cutInSample).toBe(false);
  });

  it('the first sample as soon as it is whole', () => {
    const stream = new PcmStream(24_000);
    expect(stream.push(RAW.subarray(0, 4)).length).toBe(2);
  });

  it('whether the bytes ended within a sample, and whether all was silence', () => {
    expect(read(RAW.subarray(0, 101), 10).stream.cutInSample).toBe(true);
    expect(read(RAW, 10).stream.silent).toBe(false);
    expect(read(new Uint8Array(100), 10).stream.silent).toBe(true);
  });

  it.each([
    ['OggS\0\0\0\0', 'sent Ogg'],
    ['ID3\x04\0\0\0\0', 'sent MP3'],
    ['RIFF\0\0\0\0AVI LIST', 'not a WAV'],
  ])('%j is refused', (text, message) => {
    expect(() => read(Buffer.from(text, 'latin1'), 3)).toThrow(message);
  });

  it('a WAV of another kind is refused by what it is', () => {
    const stereo = new Uint8Array(encodeWav(PCM, 16_000));
    stereo[22] = 2;
    expect(() => read(stereo, 1000)).toThrow('sent a WAV of 2 channel(s), 16 bits, 16000 Hz');
  });

  it('a WAV header without end is refused', () => {
    const header = join(encodeWav(PCM, 16_000).subarray(0, 36), Buffer.from('junk\0\0\0\x01', 'latin1'));
    const stream = new PcmStream(24_000);
    stream.push(header);
    expect(() => {
      for (let i = 0; i < 100; i++) stream.push(new Uint8Array(1000));
    }).toThrow(NotPcmError);
  });
});
