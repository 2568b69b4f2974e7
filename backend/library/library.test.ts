import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeWav } from '../audio/wav.ts';
import { Scope } from '../base/scope.ts';
import { readSignals, SignalBatch, type SignalTrack } from '../contract/signals.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import type { TraceView } from '../contract/traces.ts';
import { packTrace } from '../trace/archive.ts';
import { makeTrace, manifestOf } from './fixtures/make-trace.ts';
import { Library } from './library.ts';
import type { TraceChange } from './shelf.ts';

let folder = '';
let traces = '';
let scope: Scope;
let library: Library;
let told: (readonly TraceChange[])[] = [];

function open(dir: string): Library {
  return new Library({ dir, version: '0.1.0', scope, onChanged: (changes) => told.push(changes) });
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-library-'));
  traces = path.join(folder, 'traces');
  await mkdir(traces);
  told = [];
  scope = new Scope();
  library = open(traces);
});
afterEach(async () => {
  await scope.close();
  await rm(folder, { recursive: true, force: true });
});

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
    const view = await library.ask('open', { trace: 'a' });
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
    const view = await library.ask('open', { trace: 'a' });
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
    const view = await library.ask('open', { trace: 'a' });
    expect(view).toMatchObject({ signals: [], levels: null, samples: 0, events: [] });
    expect(view.problems.join()).toContain('caller.wav is missing');
  });

  it.each(['gone', '../traces', '..', 'a/../a'])('is not %j', async (trace) => {
    await makeTrace(traces, 'a');
    await expect(library.ask('open', { trace })).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('what comes in', () => {
  it('is a .sidetone file, once', async () => {
    const dir = await makeTrace(path.join(folder, 'elsewhere'), 'a-call');
    const file = path.join(folder, 'from a colleague.sidetone');
    await packTrace(dir, file);
    expect(await library.ask('import', { path: file })).toBe('a-call');
    expect(await library.ask('import', { path: file })).toBe('a-call');
    expect(told.flat().map(({ id, entry }) => [id, entry?.party])).toEqual([
      ['a-call', 'anna'],
      ['a-call', 'anna'],
    ]);
    expect(await library.ask('list', null)).toHaveLength(1);
    expect(await readFile(path.join(traces, 'a-call', 'caller.wav'))).toEqual(
      await readFile(path.join(dir, 'caller.wav')),
    );
  });

  it('gets a name of its own beside another trace of that name', async () => {
    await makeTrace(traces, 'a', { party: 'another' });
    const dir = await makeTrace(path.join(folder, 'elsewhere'), 'a');
    expect(await library.ask('import', { path: dir })).toBe('a-2');
    expect((await library.ask('list', null)).map(({ id }) => id).toSorted()).toEqual(['a', 'a-2']);
  });

  it('is a folder without what else lies in it, or one that is here already', async () => {
    const dir = await makeTrace(path.join(folder, 'elsewhere'), 'x', { call: '../../evil: name' });
    await writeFile(path.join(dir, 'secret.txt'), '');
    const id = await library.ask('import', { path: dir });
    expect(id).toBe('evil-name');
    expect(await readdir(path.join(traces, id))).not.toContain('secret.txt');
    expect(await library.ask('import', { path: path.join(traces, id) })).toBe(id);
    expect(await readdir(folder)).toEqual(['elsewhere', 'traces']);
  });

  it.each([
    ['text', 'hello'],
    ['nothing', ''],
    ['half a zip', 'PK\x03\x04 and so on'],
  ])('is not %s, and leaves nothing behind', async (_what, content) => {
    const file = path.join(folder, 'x.sidetone');
    await writeFile(file, content);
    await expect(library.ask('import', { path: file })).rejects.toMatchObject({ kind: 'usage' });
    expect(await library.ask('list', null)).toEqual([]);
    await library.close();
    expect(await readdir(traces)).toEqual([]);
  });

  it('is said to be missing when it is', async () => {
    const file = path.join(folder, 'gone.pcap');
    await expect(library.ask('import', { path: file })).rejects.toThrow('gone.pcap cannot be opened');
  });
});

describe('a call that goes on', () => {
  it('is told once its folder is there, and again when it is whole', async () => {
    const there = library.ask('refresh', { trace: 'a', until: 'there' });
    const dir = await makeTrace(traces, 'a', { state: 'recording', ended: null, duration_ms: null });
    expect(await there).toMatchObject({ state: 'going_on' });
    const ended = library.ask('refresh', { trace: 'a', until: 'ended' });
    await writeFile(path.join(dir, TRACE_FILES.manifest), JSON.stringify(manifestOf('a')));
    expect(await ended).toMatchObject({ state: 'complete' });
    expect(told.flat().map(({ entry }) => entry?.state)).toEqual(['going_on', 'complete']);
  });

  it('that keeps no trace is nothing', async () => {
    expect(await library.ask('refresh', { trace: 'a', until: 'ended' })).toBeNull();
    expect(told).toEqual([]);
  });
});

describe('the library', () => {
  it('tells what is gone and what is new in another folder, and can restore in the first until it ends', async () => {
    await makeTrace(traces, 'a');
    await makeTrace(traces, 'b');
    const other = path.join(folder, 'other');
    await makeTrace(other, 'c');
    await library.ask('list', null);
    await library.ask('remove', { traces: ['b'] });
    told = [];
    await library.use(other);
    expect(told.flat().map(({ id, entry }) => [id, entry === null])).toEqual([
      ['a', true],
      ['c', false],
    ]);
    await library.use(traces);
    await library.ask('restore', { traces: ['b'] });
    expect(await library.ask('list', null)).toHaveLength(2);
  });

  it('forgets what was removed when it ends, or when it starts after a crash of the app', async () => {
    await makeTrace(traces, 'a');
    await library.ask('remove', { traces: ['a'] });
    expect(await readdir(path.join(traces, '.removed'))).toEqual(['a']);
    await library.close();
    expect(await readdir(traces)).toEqual([]);
    await expect(library.ask('list', null)).rejects.toMatchObject({ kind: 'cancelled' });

    await makeTrace(path.join(traces, '.removed'), 'b');
    await makeTrace(traces, 'c');
    const next = open(traces);
    expect(await next.ask('list', null)).toHaveLength(1);
    await next.close();
    expect(await readdir(traces)).toEqual(['c']);
  });
});
