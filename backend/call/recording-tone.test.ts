import { describe, expect, it } from 'vitest';
import { rmsDbfs } from '../audio/level.ts';
import { DtmfToneDetector } from '../audio/dtmf-tones.ts';
import { RecordingTone } from './recording-tone.ts';

/** The tone in frames of 20 ms, over silence or over `said`. */
function play(said = new Int16Array(4000)): { pcm: Int16Array; mixed: boolean[] } {
  const tone = new RecordingTone();
  const pcm = Int16Array.from(said);
  const mixed: boolean[] = [];
  for (let at = 0; at < pcm.length; at += 160) mixed.push(tone.mix(pcm.subarray(at, at + 160)));
  return { pcm, mixed };
}

describe('the recording tone', () => {
  it('is 1400 Hz for 250 ms, once', () => {
    const { pcm, mixed } = play();
    expect(mixed.filter(Boolean)).toHaveLength(13);
    expect(mixed.at(13)).toBe(false);
    expect(pcm.subarray(2000).every((sample) => sample === 0)).toBe(true);
    // Of a sine, all that there is, by correlation with both phases.
    const middle = pcm.subarray(200, 1800);
    const part = (wave: (x: number) => number): number =>
      middle.reduce((sum, sample, i) => sum + sample * wave((2 * Math.PI * 1400 * i) / 8000), 0);
    const amplitude = (2 * Math.hypot(part(Math.sin), part(Math.cos))) / middle.length;
    expect(20 * Math.log10(amplitude / 32_768)).toBeCloseTo(-20, 1);
    expect(rmsDbfs(middle)).toBeCloseTo(-23, 1);
  });

  it('begins and ends without a click', () => {
    const { pcm } = play();
    const edge = [...pcm.subarray(0, 16), ...pcm.subarray(1984, 2000)].map(Math.abs);
    expect(Math.max(...edge)).toBeLessThan(400);
  });

  it('is added to what is said, which does not wrap round where it is loud', () => {
    const { pcm } = play(new Int16Array(4000).fill(32_000));
    expect(Math.max(...pcm)).toBe(32_767);
    expect(Math.min(...pcm)).toBeGreaterThan(28_000);
    expect(pcm[3000]).toBe(32_000);
  });

  it('is no key', () => {
    const keys: string[] = [];
    new DtmfToneDetector((_from, _to, key, certain) => certain && keys.push(key)).hear(play().pcm, 0);
    expect(keys).toEqual([]);
  });
});
