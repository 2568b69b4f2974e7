import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scope } from '../base/scope.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { makeTrace, manifestOf } from './fixtures/make-trace.ts';
import { unpackView } from '../contract/traces.ts';
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

describe('a trace', () => {
  it('is opened in the thread, with its buffers', async () => {
    await makeTrace(traces, 'a');
    const packed = await library.ask('open', { trace: 'a' });
    const view = unpackView(packed);
    expect(view).toMatchObject({ entry: { id: 'a' }, samples: 16_000, events: [{ type: 'call.started' }] });
    expect(view.signals[0]?.length).toBeGreaterThan(1600);
    expect(view.levels?.values).toHaveLength(200);
    // A second time from what was transferred the first.
    expect(await library.ask('open', { trace: 'a' })).toEqual(packed);
    for (const trace of ['gone', '../traces', '..', 'a/../a'])
      await expect(library.ask('open', { trace })).rejects.toMatchObject({ kind: 'usage' });
  });

  it('that comes in is told', async () => {
    const dir = await makeTrace(path.join(folder, 'elsewhere'), 'a-call');
    expect(await library.ask('import', { path: dir })).toBe('a-call');
    expect(told.flat().map(({ id, entry }) => [id, entry?.party])).toEqual([['a-call', 'anna']]);
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
