import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeWav } from '../audio/wav.ts';
import { readSignals, SignalBatch, type SignalTrack } from '../contract/signals.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import type { TraceView } from '../contract/traces.ts';
import { makeTrace } from './fixtures/make-trace.ts';
import { measureAhead, viewOf } from './view.ts';

let traces = '';
beforeEach(async () => {
  traces = await mkdtemp(path.join(os.tmpdir(), 'sidetone-view-'));
});
afterEach(() => rm(traces, { recursive: true, force: true }));

/** All values of a track, by the sample each begins at. */
function values(view: TraceView, wanted: SignalTrack): number[] {
  const found: number[] = [];
  for (const batch of view.signals) {
    readSignals(batch, (_call, track, _start, bytes) => {
      if (track === wanted) found.push(...new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    });
  }
  return found;
}

describe('a trace that is opened', () => {
  it('has its drawing made of the audio where none is stored', async () => {
    const dir = await makeTrace(traces, 'a');
    // Each 2.5 ms from -256 to 512, whatever else is in it: upper bytes -1 and 2.
    const square = Int16Array.from({ length: 410 }, (_, i) => (i % 20 < 10 ? -256 : 512));
    await writeFile(path.join(dir, TRACE_FILES.caller), encodeWav(square, 8000));
    await writeFile(path.join(dir, TRACE_FILES.bot), encodeWav(new Int16Array(800).fill(-32_768), 8000));
    const view = await viewOf(dir);
    expect(values(view, 'caller')).toEqual([...Array.from({ length: 20 }, () => [-1, 2]).flat(), -1, -1]);
    expect(values(view, 'bot')).toEqual(Array.from({ length: 80 }, () => -128));
    // Root mean square of half -256 and half 512 is 404.8, of 32768.
    const [caller, bot] = view.levels?.values ?? [];
    expect(view.levels).toMatchObject({ everyMs: 20, values: { length: 10 } });
    expect(caller).toBeCloseTo(20 * Math.log10(Math.sqrt((256 ** 2 + 512 ** 2) / 2) / 32_768), 3);
    expect(bot).toBeCloseTo(0, 3);
    expect(view).toMatchObject({ samples: 800, events: [{ type: 'call.started' }], metrics: { turns: [] } });
  });

  it('has what is stored as it is, up to the last whole block', async () => {
    const tracks = [
      { file: 'levels.f32', what: 'level', unit: 'dBFS', channels: 2, every_ms: 100 },
      { file: 'vad.f32', what: 'speech', unit: '1', channels: 1, every_ms: 32 },
    ];
    const dir = await makeTrace(traces, 'a', { tracks });
    const batch = new SignalBatch();
    batch.append('a', 'caller', 0, Uint8Array.from([1, 2, 3, 4]));
    batch.append('a', 'jitter', 0, Uint8Array.from([7]));
    batch.append('a', 'bot', 0, Uint8Array.from([9, 9, 9, 9]));
    const stored = batch.take()?.subarray(0, -2) ?? new Uint8Array();
    await writeFile(path.join(dir, TRACE_FILES.peaks), stored);
    await writeFile(
      path.join(dir, TRACE_FILES.levels),
      Buffer.from(Float32Array.from([-20, -30, -21, -31]).buffer),
    );
    const view = await viewOf(dir);
    expect(values(view, 'caller')).toEqual([1, 2, 3, 4]);
    expect(values(view, 'jitter')).toEqual([7]);
    expect(values(view, 'bot')).toEqual([]);
    expect(view.levels).toEqual({ everyMs: 100, values: Float32Array.from([-20, -30, -21, -31]) });
  });

  it('says what is missing and shows the rest', async () => {
    const dir = await makeTrace(traces, 'a');
    await rm(path.join(dir, 'caller.wav'));
    await rm(path.join(dir, 'bot.wav'));
    await writeFile(path.join(dir, 'events.ndjson'), '{"half');
    const view = await viewOf(dir);
    expect(view).toMatchObject({ signals: [], levels: null, samples: 0, events: [] });
    expect(view.problems.join()).toContain('caller.wav is missing');
  });

  it('is measured once, until its files change', async () => {
    const dir = await makeTrace(traces, 'a');
    const kept = path.join(dir, 'metrics.json');
    await measureAhead(dir);
    const { metrics } = await viewOf(dir);
    // What is kept is taken at its word: a figure that no measurement gives.
    const forged = (await readFile(kept, 'utf8')).replace(
      /"callerSpeechMs":[\d.]+/,
      '"callerSpeechMs":12345',
    );
    await writeFile(kept, forged);
    expect((await viewOf(dir)).metrics).toEqual({ ...metrics, callerSpeechMs: 12_345 });
    await writeFile(path.join(dir, TRACE_FILES.caller), encodeWav(new Int16Array(80), 8000));
    expect((await viewOf(dir)).metrics.callerSpeechMs).toBe(0);
  });

  it.each(['', '{"half', '{}'])('is measured anew where what is kept is %j', async (content) => {
    const dir = await makeTrace(traces, 'a');
    const { metrics } = await viewOf(dir);
    await writeFile(path.join(dir, 'metrics.json'), content);
    expect((await viewOf(dir)).metrics).toEqual(metrics);
  });

  it('is measured into its own folder, wherever links in it lead', async () => {
    const dir = await makeTrace(traces, 'a');
    const victim = path.join(traces, 'victim');
    await writeFile(victim, 'mine');
    for (const name of ['metrics.json', 'metrics.json.new']) await symlink(victim, path.join(dir, name));
    await measureAhead(dir);
    expect(await readFile(victim, 'utf8')).toBe('mine');
    expect(await readFile(path.join(dir, 'metrics.json'), 'utf8')).toContain('callerSpeechMs');
  });

  it('is none where there is nothing', async () => {
    await expect(viewOf(path.join(traces, 'gone'))).rejects.toMatchObject({ kind: 'usage' });
  });
});
