import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readWav } from '../audio/wav.ts';
import { Concealer } from './conceal.ts';

const FRAME = 160;
const speech = readWav(readFileSync(new URL('fixtures/jfk-8k.wav', import.meta.url))).pcm;

type Filler = (out: Int16Array, before: Int16Array) => void;
const silence: Filler = (out) => out.fill(0);
const repetition: Filler = (out, before) => out.set(before);

function randomLoss(rate: number): boolean[] {
  let seed = 7;
  return Array.from({ length: Math.floor(speech.length / FRAME) }, (_, i) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return i > 0 && seed / 2 ** 32 < rate;
  });
}

/** The speech as it comes out when the marked frames of 20 ms are lost. */
function transmit(lost: readonly boolean[], fill: Filler | Concealer): Int16Array {
  const heard = new Int16Array(lost.length * FRAME);
  for (const [i, isLost] of lost.entries()) {
    const out = heard.subarray(i * FRAME, (i + 1) * FRAME);
    if (!isLost) out.set(speech.subarray(i * FRAME, (i + 1) * FRAME));
    if (!(fill instanceof Concealer)) {
      if (isLost) fill(out, heard.subarray((i - 1) * FRAME, i * FRAME));
    } else if (isLost) {
      fill.conceal(out, 'loss');
    } else {
      fill.accept(out);
    }
  }
  return heard;
}

/** Starts of the lost frames in which there is speech. */
function lostSpeech(lost: readonly boolean[]): number[] {
  return lost
    .map((isLost, i) => (isLost ? i * FRAME : -1))
    .filter((at) => at >= 0 && at + 2 * FRAME < speech.length && energy(speech, at) / FRAME > 150 ** 2);
}

const energy = (pcm: Int16Array, at: number) =>
  pcm.subarray(at, at + FRAME).reduce((sum, x) => sum + x * x, 0);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function segmentalSnrDb(heard: Int16Array, lost: readonly boolean[]): number {
  return mean(
    lostSpeech(lost).map((at) => {
      const error = speech.slice(at, at + FRAME).map((sample, i) => sample - (heard[at + i] ?? 0));
      return Math.max(-10, Math.min(35, 10 * Math.log10(energy(speech, at) / (energy(error, 0) + 1))));
    }),
  );
}

const BANDS_HZ = [
  100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700,
];

/** Energies in the ear's critical bands (Zwicker 1961) over 32 ms round a frame. */
function bandEnergies(pcm: Int16Array, at: number): number[] {
  const window = Array.from({ length: 256 }, (_, i) => {
    return (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 256)) * (pcm[at - 48 + i] ?? 0);
  });
  const energies = BANDS_HZ.slice(1).map(() => 1e6);
  for (let bin = 1; bin < 128; bin++) {
    const band = BANDS_HZ.findLastIndex((edge) => bin * 31.25 >= edge);
    if (band < 0 || band >= energies.length) continue;
    let [re, im] = [0, 0];
    for (const [i, sample] of window.entries()) {
      re += sample * Math.cos((2 * Math.PI * bin * i) / 256);
      im += sample * Math.sin((2 * Math.PI * bin * i) / 256);
    }
    energies[band] = (energies[band] ?? 0) + re * re + im * im;
  }
  return energies;
}

function spectralDistanceDb(heard: Int16Array, lost: readonly boolean[]): number {
  return mean(
    lostSpeech(lost).flatMap((at) => {
      const wanted = bandEnergies(speech, at);
      return bandEnergies(heard, at).map((value, i) => Math.abs(10 * Math.log10(value / (wanted[i] ?? 1))));
    }),
  );
}

/** Largest step across a border of lost and received audio, in steps that the sound itself makes within 5 ms of it. */
function worstStep(heard: Int16Array, lost: readonly boolean[]): number {
  let worst = 0;
  for (let frame = 1; frame < lost.length; frame++) {
    if (lost[frame] === lost[frame - 1]) continue;
    const border = frame * FRAME;
    const step = (i: number) => Math.abs((heard[i] ?? 0) - (heard[i - 1] ?? 0));
    let usual = 30;
    for (let i = border - 40; i < border + 40; i++) if (i !== border) usual = Math.max(usual, step(i));
    worst = Math.max(worst, step(border) / usual);
  }
  return worst;
}

describe.each([0.05, 0.1])('concealment of real speech at a loss of %f', (rate) => {
  const lost = randomLoss(rate);
  const concealed = transmit(lost, new Concealer());

  it('is nearer to the original spectrum than silence, by far', () => {
    const distance = spectralDistanceDb(concealed, lost);
    expect(distance).toBeLessThan(0.5 * spectralDistanceDb(transmit(lost, silence), lost));
  });

  it('is nearer to the original waveform than repetition', () => {
    expect(segmentalSnrDb(concealed, lost)).toBeGreaterThan(
      segmentalSnrDb(transmit(lost, repetition), lost) + 1,
    );
  });

  it('does not click where it begins and ends', () => {
    expect(worstStep(concealed, lost)).toBeLessThan(1.5);
    expect(worstStep(transmit(lost, repetition), lost)).toBeGreaterThan(2);
    expect(worstStep(transmit(lost, silence), lost)).toBeGreaterThan(2);
  });
});

/** A gap of 700 samples, concealed in pieces. */
function bridge(cut: number): Int16Array {
  const concealer = new Concealer();
  concealer.accept(speech.slice(8000, 9000));
  const out = new Int16Array(700);
  for (let at = 0; at < out.length; at += cut) concealer.conceal(out.subarray(at, at + cut), 'loss');
  return out;
}

describe('Concealer', () => {
  const tone = Int16Array.from({ length: 800 }, (_, i) => 10000 * Math.sin((2 * Math.PI * i) / 57));

  it('goes on with a periodic sound as if nothing had been lost', () => {
    const concealer = new Concealer();
    concealer.accept(tone.slice(0, 480));
    const out = new Int16Array(80);
    concealer.conceal(out, 'loss');
    for (const [i, sample] of out.entries()) expect(Math.abs(sample - (tone[480 + i] ?? 0))).toBeLessThan(60);
    const back = tone.slice(560, 720);
    concealer.accept(back);
    for (const [i, sample] of back.entries())
      expect(Math.abs(sample - (tone[560 + i] ?? 0))).toBeLessThan(60);
  });

  it('fades a loss from 10 ms on and is silent after 60, for however long', () => {
    const concealer = new Concealer();
    concealer.accept(tone.slice(0, 480));
    const out = new Int16Array(8000);
    concealer.conceal(out, 'loss');
    const peak = (fromMs: number) => Math.max(...out.subarray(fromMs * 8, (fromMs + 10) * 8).map(Math.abs));
    expect(peak(0)).toBeGreaterThan(9900);
    for (const ms of [10, 20, 30, 40]) expect(peak(ms)).toBeGreaterThan(peak(ms + 10) + 1000);
    expect(out.subarray(60 * 8).every((sample) => sample === 0)).toBe(true);
  });

  it('gives the same whatever a gap is cut into', () => {
    expect(bridge(80)).toEqual(bridge(700));
    expect(bridge(33)).toEqual(bridge(700));
  });

  it('rounds an absence off within 10 ms and leaves what follows as it came', () => {
    const concealer = new Concealer();
    concealer.accept(tone.slice(0, 480));
    const out = new Int16Array(160);
    concealer.conceal(out, 'absence');
    expect(Math.abs((out[0] ?? 0) - (tone[479] ?? 0))).toBeLessThan(1500);
    expect(out.subarray(80).every((sample) => sample === 0)).toBe(true);
    const back = tone.slice(10, 170);
    concealer.accept(back);
    expect(back).toEqual(tone.slice(10, 170));
  });

  it('leaves what is received without a gap as it came', () => {
    const concealer = new Concealer();
    const frame = tone.slice(0, 160);
    concealer.accept(frame);
    concealer.accept(frame);
    expect(frame).toEqual(tone.slice(0, 160));
  });

  it('makes silence of silence, and of nothing', () => {
    const out = new Int16Array(320).fill(1);
    new Concealer().conceal(out, 'loss');
    expect(out.every((sample) => sample === 0)).toBe(true);
  });
});
