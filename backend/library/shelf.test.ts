import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { makeTrace, manifestOf, ROUND } from './fixtures/make-trace.ts';
import { mapLimited } from './limited.ts';
import { Shelf, type TraceChange } from './shelf.ts';

const DAY_MS = 86_400_000;
const startedAgo = (days: number): { started: string } => ({
  started: new Date(ROUND - days * DAY_MS).toISOString(),
});

let folder = '';
let shelf: Shelf;
let changes: TraceChange[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-shelf-'));
  changes = [];
  shelf = new Shelf(folder, (told) => changes.push(...told));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ids = async (): Promise<string[]> => (await shelf.list()).map(({ id }) => id);
const told = (): [string, string | null][] => changes.map(({ id, entry }) => [id, entry?.state ?? null]);

async function refusal(work: Promise<unknown>): Promise<SidetoneError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (error instanceof SidetoneError) return error;
  throw new Error('it was not refused', { cause: error });
}

describe('the list', () => {
  it('has every trace, newest first, whatever became of it, and nothing else', async () => {
    await makeTrace(folder, 'older', startedAgo(2));
    await makeTrace(folder, 'newer', startedAgo(1));
    const abrupt = await makeTrace(folder, 'abrupt', { ...startedAgo(3), state: 'recording', ended: null });
    const long = new Date(Date.now() - DAY_MS);
    for (const name of await readdir(abrupt)) await utimes(path.join(abrupt, name), long, long);
    const damaged = await makeTrace(folder, 'damaged');
    await writeFile(path.join(damaged, 'manifest.json'), '{ half');
    await makeTrace(folder, 'live', { ...startedAgo(0), state: 'recording' });

    await mkdir(path.join(folder, 'holiday-photos'));
    await writeFile(path.join(folder, 'holiday-photos', 'manifest.json'), 'mine');
    await mkdir(path.join(folder, 'empty'));
    await writeFile(path.join(folder, 'a-file'), '');
    await makeTrace(folder, '.hidden');
    await makeTrace(folder, 'two words');

    const states = new Map((await shelf.list()).map(({ id, state }) => [id, state]));
    expect(states).toEqual(
      new Map([
        ['damaged', 'damaged'],
        ['live', 'going_on'],
        ['newer', 'complete'],
        ['older', 'complete'],
        ['abrupt', 'abrupt'],
      ]),
    );
    expect([...states.keys()].slice(2)).toEqual(['newer', 'older', 'abrupt']);
  });

  it('is empty where there is no folder', async () => {
    expect(await new Shelf(path.join(folder, 'nowhere'), () => expect.unreachable()).list()).toEqual([]);
  });

  it('follows what has changed on the disk', async () => {
    const dir = await makeTrace(folder, 'a');
    await makeTrace(folder, 'b');
    expect(await shelf.list()).toHaveLength(2);
    await rm(path.join(folder, 'b'), { recursive: true });
    const summary = { turns: 9, interruptions: 0, worst_latency_ms: null, text: 'changed' };
    await writeFile(path.join(dir, TRACE_FILES.manifest), JSON.stringify(manifestOf('a', { summary })));
    expect(await shelf.list()).toMatchObject([{ id: 'a', turns: 9, text: 'changed' }]);
  });

  it('reads a folder once only while nothing in it changes', async () => {
    const dir = await makeTrace(folder, 'a');
    const [first] = await shelf.list();
    // The same entry, not one like it.
    expect((await shelf.list())[0]).toBe(first);
    await writeFile(path.join(dir, 'notes.json'), '{"v":1,"pinned":true,"notes":[]}');
    expect(await shelf.list()).toMatchObject([{ pinned: true }]);
  });

  it('holds thousands', async () => {
    const names = Array.from({ length: 2000 }, (_, i) => `call-${i}`);
    await mapLimited(names, 64, (name) => makeTrace(folder, name));
    expect(await shelf.list()).toHaveLength(2000);
  }, 60_000);
});

describe('notes', () => {
  it('are kept in the trace, and told', async () => {
    const dir = await makeTrace(folder, 'a');
    const notes = [{ id: 'n1', at: 1200, text: 'Why does it wait?' }];
    expect(await shelf.annotate('a', notes)).toEqual({ v: 1, pinned: false, notes });
    expect(await shelf.pin('a', true)).toEqual({ v: 1, pinned: true, notes });
    expect(JSON.parse(await readFile(path.join(dir, 'notes.json'), 'utf8'))).toEqual({
      v: 1,
      pinned: true,
      notes,
    });
    expect(changes.map(({ entry }) => [entry?.pinned, entry?.notes])).toEqual([
      [false, 1],
      [true, 1],
    ]);
    expect((await readdir(dir)).filter((name) => name.includes('notes.json'))).toEqual(['notes.json']);
  });

  it.each(['gone', '../a', '.removed', 'a/../a', ''])('are not written for %j', async (id) => {
    await makeTrace(folder, 'a');
    const before = await readdir(path.dirname(folder));
    expect((await refusal(shelf.pin(id, true))).kind).toBe('usage');
    expect(await readdir(path.dirname(folder))).toEqual(before);
  });
});

describe('removed traces', () => {
  it('are gone, and come back', async () => {
    for (const id of ['a', 'b', 'c']) await makeTrace(folder, id);
    await shelf.annotate('a', [{ id: 'n', at: 0, text: 'mine' }]);
    await shelf.list();
    changes = [];
    await shelf.remove(['a', 'b']);
    expect(await ids()).toEqual(['c']);
    await shelf.restore(['b', 'a']);
    expect((await ids()).toSorted()).toEqual(['a', 'b', 'c']);
    expect(await shelf.entry('a')).toMatchObject({ notes: 1 });
    expect(told()).toEqual([
      ['a', null],
      ['b', null],
      ['b', 'complete'],
      ['a', 'complete'],
    ]);
  });

  it('are deleted for good when they are emptied, and nothing of anybody else', async () => {
    await makeTrace(folder, 'a');
    await shelf.remove(['a']);
    await mkdir(path.join(folder, '.removed', 'photos'));
    await writeFile(path.join(folder, '.removed', 'photos', 'me.png'), '');
    await shelf.emptyRemoved();
    expect(await readdir(path.join(folder, '.removed'))).toEqual(['photos']);
    expect((await refusal(shelf.restore(['a']))).message).toContain('could not be moved');
    await rm(path.join(folder, '.removed', 'photos'), { recursive: true });
    await shelf.emptyRemoved();
    expect(await readdir(folder)).toEqual([]);
  });

  it('lie beside the work under way, which is not emptied with them', async () => {
    await mkdir(path.join(folder, '.removed', 'import-1'), { recursive: true });
    await writeFile(path.join(folder, '.removed', 'import-1', 'half.wav'), '');
    void shelf.emptyRemoved();
    const scratch = await shelf.scratch('import-1');
    await expect(readdir(scratch)).rejects.toThrow('ENOENT');
    await mkdir(scratch, { recursive: true });
    expect(await readdir(path.join(folder, '.removed'))).toEqual(['import-1']);
  });

  it('do not come back over a trace of the same name, which may be removed as well', async () => {
    await makeTrace(folder, 'a', { party: 'first' });
    await shelf.remove(['a']);
    await makeTrace(folder, 'a', { party: 'second' });
    expect((await refusal(shelf.restore(['a']))).kind).toBe('environment');
    expect(await shelf.list()).toMatchObject([{ party: 'second' }]);
    await shelf.remove(['a']);
    await shelf.restore(['a']);
    expect(await shelf.list()).toMatchObject([{ party: 'second' }]);
  });

  it('are never those of calls going on', async () => {
    await makeTrace(folder, 'a');
    await makeTrace(folder, 'live', { state: 'recording' });
    const error = await refusal(shelf.remove(['a', 'live']));
    expect([error.kind, error.hint]).toEqual(['usage', 'hang up first']);
    expect((await ids()).toSorted()).toEqual(['a', 'live']);
  });

  it.each(['../a', '/etc', '.removed', 'a/b', '..'])('cannot be %j', async (id) => {
    await makeTrace(folder, 'a');
    expect((await refusal(shelf.remove([id]))).kind).toBe('usage');
    expect((await refusal(shelf.restore([id]))).kind).toBe('usage');
    expect(await ids()).toEqual(['a']);
  });
});

describe('retention', () => {
  it('deletes what has expired and is a trace; other folders are never touched', async () => {
    await makeTrace(folder, 'old', startedAgo(300));
    await makeTrace(folder, 'new', startedAgo(1));
    await makeTrace(folder, 'pinned', startedAgo(300));
    await shelf.pin('pinned', true);
    await makeTrace(folder, 'live', { ...startedAgo(300), state: 'recording' });
    const damaged = await makeTrace(folder, 'damaged', startedAgo(300));
    await rm(path.join(damaged, 'bot.wav'));
    const first = { v: 1, sidetone: '0.1.0', call: 'v1', peer: 'x', party: 'bot', codec: 'PCMU' };
    const files = { events: 'events.ndjson', caller: 'caller.wav', bot: 'bot.wav', wire: 'wire.pcap' };
    await makeTrace(folder, 'v1');
    await writeFile(
      path.join(folder, 'v1', 'manifest.json'),
      JSON.stringify({
        ...first,
        ...startedAgo(300),
        state: 'complete',
        ended: null,
        duration_ms: null,
        files,
        tracks: [],
      }),
    );
    await mkdir(path.join(folder, 'holiday-photos'));
    await writeFile(path.join(folder, 'holiday-photos', 'manifest.json'), 'mine');
    await shelf.list();
    changes = [];

    await shelf.sweep({ keep_days: 30, max_gb: null }, ROUND);
    expect((await readdir(folder)).toSorted()).toEqual(['holiday-photos', 'live', 'new', 'pinned']);
    expect(new Map(told())).toEqual(
      new Map([
        ['damaged', null],
        ['old', null],
        ['v1', null],
      ]),
    );
  });
});
