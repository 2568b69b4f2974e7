import { describe, expect, it } from 'vitest';
import { SignalBatch, readSignals, type SignalTrack } from '../contract/signals.ts';
import { seededRandom } from '../rtp/seeded-random.ts';
import { SignalTap, type ReceptionHealth } from './signals.ts';

const FINE: ReceptionHealth = { jitterMs: 0, lost: 0, late: 0 };

interface Block {
  readonly call: string;
  readonly track: SignalTrack;
  readonly start: number;
  readonly values: number[];
}

function blocks(batch: SignalBatch): Block[] {
  const found: Block[] = [];
  readSignals(batch.take() ?? new Uint8Array(0), (call, track, start, values) =>
    found.push({ call, track, start, values: [...values] }),
  );
  return found;
}

function tap(now = 1000): { batch: SignalBatch; tap: SignalTap } {
  const batch = new SignalBatch();
  return { batch, tap: new SignalTap('call-1', batch, 1000, now, FINE) };
}

const constant = (length: number, value: number): Int16Array => new Int16Array(length).fill(value);

describe('SignalTap', () => {
  it('sends the upper bytes of the lowest and the highest of each 20 samples', () => {
    const { batch, tap: signals } = tap();
    const pcm = new Int16Array(40);
    pcm.set([300, -32768, 511], 3);
    pcm.set([32767, -1], 30);
    signals.caller(pcm, 0);
    signals.flush();
    // 511 >> 8 = 1; -1 >> 8 = -1, 255 as a byte.
    expect(blocks(batch)).toEqual([
      { call: 'call-1', track: 'caller', start: 0, values: [0x80, 1, 0xff, 127] },
    ]);
  });

  it('counts the twenties from the start of the call, wherever frames begin and whatever their size', () => {
    const random = seededRandom(3);
    const length = 4000;
    const from = 7;
    const pcm = Int16Array.from({ length }, () => Math.floor((random() - 0.5) * 65_536));
    const { batch, tap: signals } = tap();
    const values: number[] = [];
    let start: number | null = null;
    for (let at = 0; at < length;) {
      const end = Math.min(length, at + 1 + Math.floor(random() * 300));
      signals.bot(pcm.subarray(at, end), from + at);
      at = end;
      if (random() > 0.2) continue;
      signals.flush();
      for (const block of blocks(batch)) {
        start ??= block.start;
        expect(block.start).toBe(start + (values.length / 2) * 20);
        values.push(...block.values);
      }
    }
    signals.flush();
    for (const block of blocks(batch)) values.push(...block.values);

    const expected: number[] = [];
    for (let at = -from; at + 20 <= length; at += 20) {
      const part = pcm.subarray(Math.max(0, at), at + 20);
      expected.push((Math.min(...part) >> 8) & 0xff, (Math.max(...part) >> 8) & 0xff);
    }
    expect(start).toBe(0);
    expect(values).toEqual(expected);
  });

  it('begins a new block after a hole', () => {
    const { batch, tap: signals } = tap();
    signals.bot(constant(30, 256), 0);
    signals.bot(constant(20, 512), 200);
    signals.flush();
    expect(blocks(batch).map(({ start, values }) => [start, values])).toEqual([
      [0, [1, 1, 1, 1]],
      [200, [2, 2]],
    ]);
  });

  it('lets nothing get lost between two flushes, however much it is', () => {
    const { batch, tap: signals } = tap();
    signals.cancelled(constant(80_000, 256), 400);
    signals.flush();
    const found = blocks(batch);
    expect(found.reduce((sum, { values }) => sum + values.length, 0)).toBe((80_000 / 20) * 2);
    let next = 400;
    for (const { start, values } of found) {
      expect(start).toBe(next);
      next += (values.length / 2) * 20;
    }
  });

  it('places what was cancelled from the interruption on, part after part', () => {
    const { batch, tap: signals } = tap();
    signals.cancelled(constant(160, 256), 1600);
    signals.cancelled(constant(40, 512), 1600);
    signals.cancelled(constant(20, 768), 8000);
    signals.flush();
    expect(blocks(batch).map(({ track, start, values }) => [track, start, values])).toEqual([
      ['cancelled', 1600, [...constant(16, 1), 2, 2, 2, 2]],
      ['cancelled', 8000, [3, 3]],
    ]);
  });

  it('places a probability on the frame it judges', () => {
    const { batch, tap: signals } = tap();
    signals.voice(0, 256 + 33);
    signals.voice(0.5, 512 + 33);
    signals.voice(1, 768 + 33);
    signals.flush();
    expect(blocks(batch)).toEqual([{ call: 'call-1', track: 'voice', start: 33, values: [0, 128, 255] }]);
  });

  it('counts losses and late packets of each 100 ms, from when it was put on', () => {
    const batch = new SignalBatch();
    const signals = new SignalTap('call-1', batch, 1000, 1250, { jitterMs: 9, lost: 7, late: 1 });
    for (let now = 1250; now <= 1500; now += 5) {
      const lost = now < 1320 ? 7 : 10;
      signals.tick(now, { jitterMs: now <= 1400 ? 2.5 : 500, lost, late: 1 });
    }
    signals.flush();
    expect(blocks(batch).map(({ track, start, values }) => [track, start, values])).toEqual([
      ['jitter', 1600, [5, 5, 255]],
      ['lost', 1600, [0, 3, 0]],
      ['late', 1600, [0, 0, 0]],
    ]);
  });

  it('writes nothing when nothing came', () => {
    const { batch, tap: signals } = tap();
    signals.flush();
    expect(batch.take()).toBeNull();
  });
});
