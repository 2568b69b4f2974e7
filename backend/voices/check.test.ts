import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rmsDbfs } from '../audio/level.ts';
import { resample } from '../audio/resample.ts';
import { voicedRange } from '../audio/voiced.ts';
import { encodeWav, readWav } from '../audio/wav.ts';
import { SidetoneError } from '../base/errors.ts';
import { MAX_VOICE_BYTES, type VoiceFinding } from '../contract/window.ts';
import { loadSilero, randomNumbers, speech } from '../vad/fixtures/speech.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { checkVoice, inspectVoice, type CheckedVoice } from './check.ts';

const caller = path.join(import.meta.dirname, '../../bots/demo/caller');
const RATE = 8000;

let silero: SileroBatch;
beforeAll(async () => {
  silero = await loadSilero();
});
afterAll(() => silero.release());

/** Clean synthetic speech without noise: the demo's caller. */
const said = (...files: string[]): Int16Array =>
  joined(...files.map((file) => readWav(readFileSync(path.join(caller, file))).pcm));
const clean = said('1-book.wav', '2-when.wav');

function joined(...parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

const silence = (seconds: number): Int16Array => new Int16Array(seconds * RATE);

/** White noise of the given root mean square. */
function noise(samples: number, dbfs: number): Int16Array {
  const random = randomNumbers(7);
  const spread = 32768 * 10 ** (dbfs / 20) * Math.sqrt(12);
  return Int16Array.from({ length: samples }, () => Math.round(spread * (random() - 0.5)));
}

const mixed = (a: Int16Array, b: Int16Array): Int16Array => a.map((sample, i) => sample + (b[i] ?? 0));
const louder = (pcm: Int16Array, factor: number): Int16Array =>
  pcm.map((sample) => Math.max(-32768, Math.min(32767, sample * factor)));

/** 16-bit WAV of two channels, the second at half the level. */
function stereo(pcm: Int16Array, sampleRate: number): Uint8Array {
  const wav = Buffer.from(encodeWav(Int16Array.from([...pcm].flatMap((s) => [s, s >> 1])), sampleRate));
  wav.writeUInt16LE(2, 22);
  wav.writeUInt32LE(sampleRate * 4, 28);
  wav.writeUInt16LE(4, 32);
  return wav;
}

const check = (pcm: Int16Array): Promise<CheckedVoice> => checkVoice(encodeWav(pcm, RATE), silero);

function finding({ findings }: CheckedVoice, check: VoiceFinding['check']): VoiceFinding {
  const found = findings.find((finding) => finding.check === check);
  if (!found) throw new Error(`there is no finding on ${check}`);
  return found;
}

const figure = ({ message }: VoiceFinding): number => Number(/\d+(\.\d+)?/.exec(message)?.[0]);

describe('a recording that cannot be cloned from', () => {
  const wav = encodeWav(clean, RATE);
  const claiming = (bytes: number, body: Uint8Array): Uint8Array => {
    const claim = Buffer.from(body);
    claim.writeUInt32LE(bytes, 40);
    return claim;
  };
  const bad: readonly (readonly [name: string, bytes: () => Uint8Array, message: RegExp])[] = [
    ['an MP3 named .wav', () => Buffer.from('ID3\x04\x00\x00\x00\x00\x0fTSSE'), /not a WAV file but an MP3/],
    ['nothing', () => new Uint8Array(), /not a WAV file but empty/],
    ['garbage', () => new Uint8Array(5000).fill(0x5a), /not a WAV file but something else/],
    ['a header cut short', () => wav.subarray(0, 30), /no "fmt " chunk|no "data" chunk|bytes instead/],
    ['2 GB by its header, nothing in it', () => claiming(2 ** 31, wav.subarray(0, 44)), /no speech/],
    ['more than 64 MB', () => new Uint8Array(MAX_VOICE_BYTES + 1), /too large: 64 MB, allowed: 64 MB/],
    ['silence', () => encodeWav(silence(6), RATE), /^no speech was found/],
    ['noise', () => encodeWav(noise(6 * RATE, -30), RATE), /^no speech was found/],
    ['a tone that clips', () => encodeWav(tone(), RATE), /speech was found/],
    ['a word', () => encodeWav(clean.subarray(0, 0.7 * RATE), RATE), /^only 0\.\d s of speech was found/],
    [
      'a speech of a minute',
      () => encodeWav(joined(...Array.from({ length: 6 }, () => speech('jfk'))), RATE),
      /too long: 6\d\.\d s, allowed: 60 s/,
    ],
    ['ten minutes', () => encodeWav(silence(600), RATE), /too long: 600\.0 s, allowed: 60 s/],
    ['a rate that nobody uses', () => encodeWav(clean, 7350), /cannot resample audio at 7350 Hz/],
  ];

  it.each(bad)('%s', async (_, bytes, message) => {
    const error: unknown = await checkVoice(bytes(), silero).catch((thrown: unknown) => thrown);
    if (!(error instanceof SidetoneError)) throw new Error('it was accepted');
    expect(error.kind).toBe('usage');
    expect(error.message).toMatch(message);
    expect(error.hint).not.toBeNull();
  });

  function tone(): Int16Array {
    const sine = Int16Array.from({ length: 6 * RATE }, (_, i) => 30_000 * Math.sin(i * 0.35));
    return louder(sine, 3);
  }
});

describe('checkVoice', () => {
  it('trims stereo at 44.1 kHz to the speech and 150 ms around it', async () => {
    const line = joined(silence(2), clean, silence(1));
    const voice = await checkVoice(stereo(resample(line, RATE, 44_100), 44_100), silero);
    expect(voice.sampleRate).toBe(44_100);
    expect(voice.durationMs).toBeCloseTo((voice.pcm.length * 1000) / 44_100);
    // The mean of a whole and a half channel.
    const expected = line.map((sample) => sample * 0.75);
    const voiced = voicedRange(expected) ?? { from: 0, to: 0 };
    const [start = 0, end = 0] = [...finding(voice, 'trimmed').message.matchAll(/\d+\.\d/g)].map(Number);
    expect(Math.abs(start - (voiced.from / RATE - 0.15))).toBeLessThan(0.1);
    expect(end - ((line.length - voiced.to) / RATE - 0.15)).toBeLessThan(0.1);
    const kept = voicedRange(resample(voice.pcm, 44_100, RATE)) ?? { from: 0, to: 0 };
    expect((kept.to - kept.from) / RATE).toBeCloseTo((voiced.to - voiced.from) / RATE, 1);
  });

  it('finds nothing wrong with a clean recording of the right length', async () => {
    const voice = await check(clean);
    expect(voice.findings.filter(({ verdict }) => verdict === 'warn')).toEqual([]);
    expect(figure(finding(voice, 'length'))).toBeCloseTo(voice.durationMs / 1000, 1);
  });

  it('leaves what nobody has to trim', async () => {
    const range = voicedRange(clean) ?? { from: 0, to: 0 };
    const tight = clean.subarray(range.from, range.to);
    const voice = await check(tight);
    expect(voice.pcm).toEqual(tight);
    expect(voice.findings.map(({ check }) => check)).not.toContain('trimmed');
  });

  it('warns of too little and of more than is used', async () => {
    expect(finding(await check(said('1-book.wav')), 'length')).toMatchObject({
      verdict: 'warn',
      message: expect.stringMatching(/^2\.\d s: less than 4 s/),
    });
    expect(finding(await check(joined(clean, clean, clean)), 'length')).toMatchObject({
      verdict: 'warn',
      message: expect.stringMatching(/^1\d\.\d s: F5-TTS uses only the first 12 s/),
    });
  });

  it('warns of pauses that make up most of it', async () => {
    const voice = await check(joined(said('4-correction.wav'), silence(5), said('3-name.wav')));
    expect(finding(voice, 'speech').verdict).toBe('warn');
    expect(finding(await check(clean), 'speech').verdict).toBe('ok');
  });

  it('counts what clips', async () => {
    const voice = await check(louder(clean, 12));
    const share = voice.pcm.filter((sample) => sample >= 32767 || sample <= -32768).length / voice.pcm.length;
    const found = finding(voice, 'clipping');
    expect(found.verdict).toBe('warn');
    expect(figure(found)).toBeCloseTo(share * 100, 0);
    expect(finding(await check(clean), 'clipping')).toMatchObject({ verdict: 'ok' });
  });

  it.each([10, 15, 25, 35])('measures a signal %i dB above its noise', async (snr) => {
    const range = voicedRange(clean) ?? { from: 0, to: 0 };
    const level = rmsDbfs(clean.subarray(range.from, range.to));
    const line = joined(silence(1), clean, silence(1));
    const found = finding(await check(mixed(line, noise(line.length, level - snr))), 'noise');
    expect(found.verdict).toBe(snr < 20 ? 'warn' : 'ok');
    // Pauses between words count for the level here and not for the check.
    expect(Math.abs(figure(found) - snr)).toBeLessThan(3.5);
  });

  it('takes real speech whose header claims 2 GB for what it is', async () => {
    const wav = Buffer.from(encodeWav(clean, RATE));
    wav.writeUInt32LE(2 ** 31, 40);
    expect((await checkVoice(wav, silero)).pcm).toEqual((await check(clean)).pcm);
  });

  it('takes real recordings in English and Russian', async () => {
    for (const name of ['jfk', 'russian'] as const) {
      const voice = await check(speech(name));
      expect(finding(voice, 'length').verdict, name).toBe('ok');
    }
  });
});

describe('inspectVoice', () => {
  it('says what is wrong and leaves the recording as it is', async () => {
    const line = joined(silence(2), clean, silence(1));
    const voice = await inspectVoice(encodeWav(line, RATE), silero);
    expect(voice.pcm).toEqual(line);
    expect(voice.durationMs).toBeCloseTo((line.length * 1000) / RATE);
    const quiet = await inspectVoice(encodeWav(silence(6), RATE), silero);
    expect(finding(quiet, 'speech')).toMatchObject({ verdict: 'warn' });
  });
});
