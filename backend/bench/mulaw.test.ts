import { describe, expect, it } from 'vitest';
import { decode, encode } from '../audio/g711.ts';
import { encodeMulaw, firstVoiced, lastVoiced, MULAW_SILENCE, PACKET_SAMPLES } from './mulaw.ts';

describe('encodeMulaw', () => {
  it('says every sample as the engine would hear it best', () => {
    const code = new Uint8Array(1);
    const ours = new Int16Array(1);
    const theirs = new Int16Array(1);
    for (let sample = -32_000; sample <= 32_000; sample += 37) {
      code[0] = encodeMulaw(sample);
      decode('PCMU', code, ours);
      encode('PCMU', Int16Array.of(sample), code);
      decode('PCMU', code, theirs);
      // The engine mirrors negative samples bitwise as G.191 does: at a threshold the two may differ by one step.
      expect(Math.abs((ours[0] ?? 0) - (theirs[0] ?? 0))).toBeLessThanOrEqual(Math.max(8, Math.abs(sample) / 16));
    }
  });
});

describe('voice in a packet', () => {
  const packet = (from: number, to: number, level = 8000) => {
    const bytes = new Uint8Array(PACKET_SAMPLES).fill(MULAW_SILENCE);
    for (let i = from; i < to; i += 1) bytes[i] = encodeMulaw(i % 2 ? level : -level);
    return bytes;
  };

  it('is found to the sample', () => {
    for (const [from, to] of [
      [0, 160],
      [1, 2],
      [37, 91],
      [159, 160],
    ] as const) {
      const bytes = packet(from, to);
      expect(firstVoiced(bytes, 0, 160)).toBe(from);
      expect(lastVoiced(bytes, 0, 160)).toBe(to);
    }
  });

  it('is not silence, nor what is quieter than -45 dBFS', () => {
    expect(firstVoiced(packet(0, 0), 0, 160)).toBe(-1);
    expect(firstVoiced(packet(0, 160, 150), 0, 160)).toBe(-1);
    expect(lastVoiced(packet(0, 160, 150), 0, 160)).toBe(-1);
    expect(firstVoiced(packet(0, 160, 250), 0, 160)).toBe(0);
  });

  it('is looked for only where asked', () => {
    const bytes = packet(0, 160);
    expect(firstVoiced(bytes, 12, 160)).toBe(12);
    expect(lastVoiced(bytes, 12, 100)).toBe(100);
  });
});
