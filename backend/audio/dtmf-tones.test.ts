import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINE_RATE } from '../contract/party.ts';
import { DETECTED_WITHIN, DtmfToneDetector } from './dtmf-tones.ts';
import { Noise, dtmfTone } from './dtmf-testing.ts';
import { decode, encode } from './g711.ts';
import { resample } from './resample.ts';
import { readWav } from './wav.ts';

const KEYS = '0123456789*#ABCD'.split('');
const BEFORE = 1003;

interface Found {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  /** Samples that had been heard when it was told first. */
  readonly toldAt: number;
}

/** What is found in frames of 20 ms, tones that go on taken together. */
function find(pcm: Int16Array): Found[] {
  const found: Found[] = [];
  let heard = 0;
  const detector = new DtmfToneDetector((from, to, key, certain) => {
    if (!certain) return;
    const last = found.at(-1);
    if (last?.key === key && from <= last.to) found[found.length - 1] = { ...last, to };
    else found.push({ key, from, to, toldAt: heard });
  });
  for (let at = 0; at < pcm.length; at += 160) {
    heard = Math.min(pcm.length, at + 160);
    detector.hear(pcm.subarray(at, heard), at);
  }
  return found;
}

/** A tone with silence before and after, sent through mu-law. */
function call(key: string, options: Parameters<typeof dtmfTone>[1], noise = new Noise(0)): Int16Array {
  const tone = dtmfTone(key, options);
  const pcm = Int16Array.from({ length: BEFORE + tone.length + 1000 }, (_, i) =>
    Math.round((tone[i - BEFORE] ?? 0) + noise.next()),
  );
  const wire = new Uint8Array(pcm.length);
  encode('PCMU', pcm, wire);
  decode('PCMU', wire, pcm);
  return pcm;
}

describe('a key as tones', () => {
  it.each(KEYS)('%s is found, from its beginning to its end', (key) => {
    const [found, ...others] = find(call(key, { ms: 100 }));
    expect(others).toEqual([]);
    expect(found?.key).toBe(key);
    expect(Math.abs((found?.from ?? 0) - BEFORE)).toBeLessThan(52);
    expect(Math.abs((found?.to ?? 0) - (BEFORE + 800))).toBeLessThan(52);
    expect(found?.toldAt).toBeLessThanOrEqual(BEFORE + DETECTED_WITHIN + 160);
  });

  const least = { ms: 40 };
  it.each([
    ['40 ms, the shortest that Q.24 has receivers take', least],
    ['1.5 % too high', { ...least, detune: 1.015 }],
    ['1.5 % too low', { ...least, detune: 0.985 }],
    ['with the column 8 dB under the row', { ...least, twistDb: -8 }],
    ['with the column 8 dB over the row', { ...least, twistDb: 8 }],
    ['at -40 dBFS', { ...least, dbfs: -40 }],
    ['with the soft edges of a speech codec', { ms: 60, edgeMs: 10 }],
  ])('is found when it is %s', (_, options) => {
    for (const key of KEYS) expect(find(call(key, options)).map((found) => found.key)).toContain(key);
  });

  it.each([15, 10, 6])('is found %i dB above the noise', (snrDb) => {
    // Both tones are of amplitude A, so that their power is A squared.
    const level = 32_768 * 10 ** ((-13 - snrDb) / 20);
    for (const key of KEYS) {
      const noisy = call(key, { ms: 60, dbfs: -13 }, new Noise(level));
      expect(find(noisy).map((found) => found.key)).toContain(key);
    }
  });
});

describe('what is no key', () => {
  const repository = path.join(import.meta.dirname, '../..');
  it.each([
    'backend/vad/fixtures/jfk.wav',
    'backend/vad/fixtures/russian.wav',
    'backend/vad/fixtures/digits.wav',
    'bots/demo/caller/1-book.wav',
    'bots/demo/caller/2-when.wav',
    'bots/demo/caller/3-name.wav',
    'bots/demo/caller/4-correction.wav',
    'bots/demo/caller/5-goodbye.wav',
  ])('speech: %s', (file) => {
    const { pcm, sampleRate } = readWav(readFileSync(path.join(repository, file)));
    expect(find(resample(pcm, sampleRate, LINE_RATE))).toEqual([]);
  });

  it('noise, silence, and one tone alone', () => {
    const noise = new Noise(3000);
    expect(find(Int16Array.from({ length: 80_000 }, () => noise.next()))).toEqual([]);
    expect(find(new Int16Array(8000))).toEqual([]);
    for (const hz of [425, 697, 941, 1336, 1400, 1633]) {
      const tone = Int16Array.from(
        { length: 8000 },
        (_, i) => 8000 * Math.sin((2 * Math.PI * hz * i) / 8000),
      );
      expect(find(tone)).toEqual([]);
    }
  });

  it('a tone of 10 ms', () => {
    for (const key of KEYS) expect(find(call(key, { ms: 10 }))).toEqual([]);
  });
});
