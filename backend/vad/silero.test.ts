import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSilero, randomNumbers, speech } from './fixtures/speech.ts';
import { SileroBatch, VAD_FRAME } from './silero.ts';

interface Verdict {
  readonly probability: number;
  readonly end: number;
}

let batch: SileroBatch;
beforeAll(async () => {
  batch = await loadSilero();
});
afterAll(() => batch.release());

async function alone(pcm: Int16Array): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const stream = batch.open((probability, end) => verdicts.push({ probability, end }));
  for (let at = 0; at < pcm.length; at += 160) {
    stream.write(pcm.subarray(at, at + 160), at);
    await batch.flush();
  }
  batch.close(stream);
  return verdicts;
}

describe('SileroBatch', () => {
  it('tells speech from noise on the telephone', async () => {
    const jfk = await alone(speech('jfk'));
    expect(jfk).toHaveLength(Math.floor(speech('jfk').length / VAD_FRAME));
    const mean = (from: number, to: number): number => {
      const some = jfk.filter(({ end }) => end > from * 8000 && end <= to * 8000);
      return some.reduce((sum, { probability }) => sum + probability, 0) / some.length;
    };
    expect(mean(0.1, 0.3)).toBeLessThan(0.1);
    expect(mean(0.4, 2.1)).toBeGreaterThan(0.9);
    expect(mean(2.6, 3.2)).toBeLessThan(0.1);
    expect(mean(5.5, 7.5)).toBeGreaterThan(0.9);
  });

  it('gives 40 calls in batches what each would get alone', async () => {
    const random = randomNumbers(1);
    const sources = [speech('jfk'), speech('digits'), speech('russian')];
    const calls = Array.from({ length: 40 }, (_, i) => {
      const source = sources[i % sources.length] ?? new Int16Array();
      const from = Math.floor(random() * (source.length - 9000));
      const verdicts: Verdict[] = [];
      const pcm = source.slice(from, from + 8000);
      const stream = batch.open((probability, end) => verdicts.push({ probability, end }));
      return { pcm, verdicts, stream, packet: [80, 160, 240, 480][i % 4] ?? 160 };
    });
    for (let now = 0; now <= 8000; now += 80) {
      for (const { pcm, stream, packet } of calls) {
        if (now > 0 && now % packet === 0) stream.write(pcm.subarray(now - packet, now), now - packet);
      }
      await batch.flush();
    }
    for (const { stream } of calls) batch.close(stream);
    for (const { pcm, verdicts } of calls) {
      const expected = await alone(pcm);
      expect(verdicts.length).toBeGreaterThanOrEqual(30);
      verdicts.forEach(({ probability, end }, i) => {
        expect(end).toBe(expected[i]?.end);
        expect(probability).toBeCloseTo(expected[i]?.probability ?? NaN, 5);
      });
    }
  });

  it('works off what came at once in order, and a second at most', async () => {
    const ends: number[] = [];
    const stream = batch.open((_, end) => ends.push(end));
    stream.write(speech('jfk').subarray(0, 50 * VAD_FRAME), 0);
    await batch.flush();
    batch.close(stream);
    expect(ends).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * VAD_FRAME));
  });

  it('answers digital silence without speech, and hears the speech after it', async () => {
    const jfk = speech('jfk').slice(24_000, 40_000);
    const pcm = new Int16Array(10 * 8000 + jfk.length);
    pcm.fill(8, 0, 10 * 8000);
    pcm.set(jfk, 10 * 8000);
    const verdicts = await alone(pcm);
    const silence = verdicts.filter(({ end }) => end <= 10 * 8000);
    expect(silence).toHaveLength(Math.floor((10 * 8000) / VAD_FRAME));
    for (const { probability } of silence) expect(probability).toBeLessThan(0.2);
    const first = verdicts.find(({ probability }) => probability > 0.5);
    // Kennedy goes on 285 ms into the excerpt.
    expect(first?.end).toBeGreaterThan(82_000);
    expect(first?.end).toBeLessThan(83_000);
  });

  it('does not call a stream that was closed with a frame in the model', async () => {
    let calls = 0;
    const closed = batch.open(() => calls++);
    const open = batch.open(() => (calls += 100));
    for (const stream of [closed, open]) stream.write(speech('jfk').subarray(8000, 8000 + VAD_FRAME), 0);
    const flushed = batch.flush();
    batch.close(closed);
    await flushed;
    batch.close(open);
    expect(calls).toBe(100);
  });

  it('says what to run when there is no model', async () => {
    await expect(SileroBatch.load('/nowhere/silero.onnx')).rejects.toMatchObject({
      kind: 'environment',
      hint: expect.stringContaining('models pull silero-vad-v6'),
    });
    await expect(SileroBatch.load(import.meta.filename)).rejects.toMatchObject({ kind: 'environment' });
  });
});
