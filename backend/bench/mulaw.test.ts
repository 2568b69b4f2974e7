import { describe, expect, it } from 'vitest';
import { decode } from '../audio/g711.ts';
import { decodeMulaw, encodeMulaw, firstVoiced, lastVoiced, MULAW_SILENCE, PACKET_SAMPLES } from './mulaw.ts';

describe('mu-law', () => {
  it('hears every code word as the engine does', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    const heard = new Int16Array(256);
    decode('PCMU', codes, heard);
    expect(Array.from(codes, decodeMulaw)).toEqual([...heard]);
  });

  it('says every sample that a code word stands for by that word', () => {
    for (let code = 0; code < 256; code += 1) {
      // 0x7f is the negative zero.
      expect(encodeMulaw(decodeMulaw(code))).toBe(code === 0x7f ? MULAW_SILENCE : code);
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
