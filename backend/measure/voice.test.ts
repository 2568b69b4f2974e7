import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode, encode, type Codec } from '../audio/g711.ts';
import { readWav } from '../audio/wav.ts';
import { overLine, randomNumbers, speech } from '../vad/fixtures/speech.ts';
import { voiceAt } from './fixtures/made.ts';
import { voicedSpans } from './voice.ts';

const DEMO_CALLER = path.resolve(import.meta.dirname, '../../bots/demo/caller');
const DEMO_TURNS = ['1-book', '2-when', '3-name', '4-correction', '5-goodbye'];

/** In ms. */
const spans = (pcm: Int16Array): readonly (readonly number[])[] =>
  voicedSpans(pcm).map(({ from, to }) => [from / 8, to / 8]);

function overCodec(codec: Codec, pcm: Int16Array): Int16Array {
  const wire = new Uint8Array(pcm.length);
  const heard = new Int16Array(pcm.length);
  encode(codec, pcm, wire);
  decode(codec, wire, heard);
  return heard;
}

function expectSpans(
  found: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  within: number,
): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, span] of expected.entries())
    for (const [end, ms] of span.entries())
      expect(Math.abs((found[i]?.[end] ?? NaN) - ms)).toBeLessThanOrEqual(within);
}

/** Stretches with no more than 0.8 s between them as one. */
function phrases(found: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const begins = found.filter(([from = 0], i) => from - (found[i - 1]?.[1] ?? -Infinity) > 800);
  const ends = found.filter(([, to = 0], i) => (found[i + 1]?.[0] ?? Infinity) - to > 800);
  return begins.map(([from = NaN], i) => [from, ends[i]?.[1] ?? NaN]);
}

const talk = voiceAt(6000, [1000, 1800], [3000, 4200]);
const TALK = [
  [1000, 1800],
  [3000, 4200],
];

describe('voicedSpans', () => {
  it('dates both ends to its 5 ms, in silence', () => {
    expectSpans(spans(talk), TALK, 5);
    expect(spans(new Int16Array(80_000))).toEqual([]);
    expect(spans(new Int16Array(0))).toEqual([]);
  });

  it('takes the idle noise of either codec for none', () => {
    const idle = talk.map((sample, i) => sample + (i % 3) * 4 - 4);
    for (const codec of ['PCMU', 'PCMA'] as const) {
      expectSpans(spans(overCodec(codec, idle)), TALK, 5);
      expect(spans(overCodec(codec, new Int16Array(80_000)))).toEqual([]);
    }
  });

  it('tells the voice from the noise of a line, 40 to 20 dB below it', () => {
    for (const dbfs of [-55, -45, -35]) {
      // What is softer than the noise cannot be told from it: the ends are loud.
      expectSpans(phrases(spans(overLine(talk, dbfs, randomNumbers(1)))), TALK, 5);
      expect(spans(overLine(new Int16Array(80_000), dbfs, randomNumbers(2)))).toEqual([]);
    }
  });

  it('does not hear hum', () => {
    const hum = talk.map((sample, i) => sample + Math.round(1500 * Math.sin((2 * Math.PI * 50 * i) / 8000)));
    expectSpans(spans(hum), TALK, 10);
  });

  it('takes a click for no speech, and the burst after a closure for some', () => {
    expect(spans(voiceAt(3000, [1000, 1015]))).toEqual([]);
    expectSpans(spans(voiceAt(3000, [1000, 1500], [1580, 1595])), [[1000, 1595]], 5);
    expectSpans(spans(voiceAt(3000, [1000, 1500], [1800, 1815])), [[1000, 1500]], 5);
  });

  it('bridges the pauses of flowing speech, not those between phrases', () => {
    expectSpans(spans(voiceAt(3000, [1000, 1500], [1680, 2000])), [[1000, 2000]], 5);
    expectSpans(
      spans(voiceAt(3000, [1000, 1500], [1750, 2000])),
      [
        [1000, 1500],
        [1750, 2000],
      ],
      5,
    );
  });

  it('hears soft speech after loud speech has ended long before', () => {
    const soft = voiceAt(10_000, [7000, 8000]).map((sample) => sample >> 3);
    const both = voiceAt(10_000, [1000, 2000]).map((sample, i) => sample + (soft[i] ?? 0));
    expectSpans(
      spans(both),
      [
        [1000, 2000],
        [7000, 8000],
      ],
      5,
    );
  });

  it('finds the phrases of real speech, over a quiet line and over a noisy one', () => {
    // The onsets that vad/detector.test.ts holds the engine to.
    const onsets = [3290, 5420];
    const jfk = speech('jfk');
    for (const line of [jfk, overLine(jfk, -50, randomNumbers(3))]) {
      const found = phrases(spans(line)).slice(1);
      expectSpans(
        found.map(([from = NaN]) => [from]),
        onsets.map((from) => [from]),
        20,
      );
    }
  });

  it('dates the ends of real sentences the same over a line with noise', () => {
    const sentences = DEMO_TURNS.map((name) => readWav(readFileSync(path.join(DEMO_CALLER, `${name}.wav`))));
    const gap = 24_000;
    const length = sentences.reduce((sum, { pcm }) => sum + gap + pcm.length, gap);
    const call = new Int16Array(length);
    let at = gap;
    for (const { pcm, sampleRate } of sentences) {
      expect(sampleRate).toBe(8000);
      call.set(pcm, at);
      at += pcm.length + gap;
    }
    const ends = (pcm: Int16Array): readonly (readonly number[])[] =>
      phrases(spans(pcm)).map(([, to = NaN]) => [to]);
    const clean = ends(call);
    expect(clean).toHaveLength(DEMO_TURNS.length);
    for (const dbfs of [-65, -58]) expectSpans(ends(overLine(call, dbfs, randomNumbers(4))), clean, 20);
  });
});
