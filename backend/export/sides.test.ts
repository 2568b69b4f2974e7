import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeWav } from '../audio/wav.ts';
import { openTrace } from '../trace/read.ts';
import { makeTrace, ramp } from './fixtures/trace.ts';
import { levelsOf, openSide, peaksOf, type Side } from './sides.ts';
import { stereoBytes, stereoWav } from './stereo.ts';

async function all(side: Side | null, size: number): Promise<Int16Array> {
  const pcm: number[] = [];
  for await (const piece of side?.pieces(size) ?? []) {
    expect(piece.length).toBeLessThanOrEqual(size);
    pcm.push(...piece);
  }
  return Int16Array.from(pcm);
}

describe('openSide', () => {
  it.each([7, 12_000, 50_000])('gives every sample once, in pieces of %i', async (size) => {
    const side = await openSide(await openTrace(makeTrace()), 'caller');
    expect(await all(side, size)).toEqual(ramp(12_000, 1000));
  });

  it.each([
    ['was never finished', (wav: Buffer) => wav.fill(0xff, 40, 44)],
    [
      'has grown since its header was written',
      (wav: Buffer) => (wav.writeUInt32LE(100, 40), wav.writeUInt32LE(136, 4), wav),
    ],
  ])('reads a file to its end that %s', async (_, change) => {
    const dir = makeTrace();
    const file = path.join(dir, 'caller.wav');
    writeFileSync(file, change(readFileSync(file)));
    expect(await all(await openSide(await openTrace(dir), 'caller'), 1000)).toEqual(ramp(12_000, 1000));
  });

  it('leaves out what follows the samples of a file that somebody has edited', async () => {
    const dir = makeTrace();
    const file = path.join(dir, 'caller.wav');
    const wav = Buffer.concat([encodeWav(ramp(50, 1), 8000), Buffer.from('LIST\x04\0\0\0INFO', 'latin1')]);
    wav.writeUInt32LE(wav.length - 8, 4);
    writeFileSync(file, wav);
    expect(await all(await openSide(await openTrace(dir), 'caller'), 1000)).toEqual(ramp(50, 1));
  });

  it('is null for what is not there, or no recording', async () => {
    const dir = makeTrace();
    writeFileSync(path.join(dir, 'bot.wav'), 'hello');
    expect(await openSide(await openTrace(dir), 'bot')).toBeNull();
  });
});

describe('what is drawn of a side', () => {
  it('has the lowest and highest of each step', async () => {
    const side = await openSide(await openTrace(makeTrace()), 'caller');
    if (!side) throw new Error('no side');
    const peaks = await peaksOf(side, 500);
    expect(peaks).toHaveLength(48);
    // 1000..1499, then 1500..1999, by their upper bytes; silence is always within.
    expect(peaks.slice(0, 4)).toEqual(Int8Array.of(0, 1499 >> 8, 0, 1999 >> 8));
    const levels = await levelsOf(side, 500);
    expect(levels).toHaveLength(24);
    expect(levels[0]).toBeCloseTo(20 * Math.log10(1258 / 32768), 1);
  });
});

describe('stereoWav', () => {
  it('has the caller left, the bot right, silence after the shorter, and says so', async () => {
    const trace = await openTrace(makeTrace());
    const [caller, bot] = [await openSide(trace, 'caller'), await openSide(trace, 'bot')];
    const pieces: Uint8Array[] = [];
    for await (const piece of stereoWav(caller, bot)) pieces.push(piece);
    const wav = Buffer.concat(pieces);
    expect(wav).toHaveLength(stereoBytes(caller, bot));
    expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
    expect([wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt32LE(40)]).toEqual([2, 8000, 48_000]);
    const [left, right] = [ramp(12_000, 1000), ramp(10_000, -5000)];
    for (const index of [0, 1, 9999, 10_000, 11_999]) {
      expect(wav.readInt16LE(44 + 4 * index)).toBe(left[index]);
      expect(wav.readInt16LE(46 + 4 * index)).toBe(right[index] ?? 0);
    }
    expect(wav.subarray(44 + 48_000).toString('latin1')).toContain('left: caller, right: bot');
  });
});
