import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packTrace } from '../trace/archive.ts';
import { makeTrace } from './fixtures/make-trace.ts';
import { bringIn } from './incoming.ts';

let folder = '';
let traces = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-incoming-'));
  traces = path.join(folder, 'traces');
  await mkdir(traces);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const take = (source: string): Promise<string> =>
  bringIn(source, { tracesDir: traces, aside: path.join(traces, 'aside', '1'), version: '0.1.0' });

describe('what comes in', () => {
  it('is a .sidetone file, once', async () => {
    const dir = await makeTrace(path.join(folder, 'elsewhere'), 'a-call');
    const file = path.join(folder, 'from a colleague.sidetone');
    await packTrace(dir, file);
    expect(await take(file)).toBe('a-call');
    expect(await take(file)).toBe('a-call');
    expect(await readdir(traces)).toEqual(['a-call', 'aside']);
    expect(await readFile(path.join(traces, 'a-call', 'caller.wav'))).toEqual(
      await readFile(path.join(dir, 'caller.wav')),
    );
  });

  it('gets a name of its own beside another trace of that name', async () => {
    await makeTrace(traces, 'a', { party: 'another' });
    const dir = await makeTrace(path.join(folder, 'elsewhere'), 'a');
    expect(await take(dir)).toBe('a-2');
    expect(await readdir(traces)).toEqual(['a', 'a-2', 'aside']);
  });

  it('is a folder without what else lies in it, or one that is here already', async () => {
    const dir = await makeTrace(path.join(folder, 'elsewhere'), 'x', { call: '../../evil: name' });
    await writeFile(path.join(dir, 'secret.txt'), '');
    const id = await take(dir);
    expect(id).toBe('evil-name');
    expect(await readdir(path.join(traces, id))).not.toContain('secret.txt');
    expect(await take(path.join(traces, id))).toBe(id);
    expect(await readdir(folder)).toEqual(['elsewhere', 'traces']);
  });

  it.each([
    ['text', 'hello'],
    ['nothing', ''],
    ['half a zip', 'PK\x03\x04 and so on'],
  ])('is not %s, and leaves nothing behind', async (_what, content) => {
    const file = path.join(folder, 'x.sidetone');
    await writeFile(file, content);
    await expect(take(file)).rejects.toMatchObject({ kind: 'usage' });
    expect(await readdir(traces, { recursive: true })).not.toContain(path.join('aside', '1'));
    expect((await readdir(traces)).filter((name) => name !== 'aside')).toEqual([]);
  });

  it('is said to be missing when it is', async () => {
    const file = path.join(folder, 'gone.pcap');
    await expect(take(file)).rejects.toThrow('gone.pcap is missing');
  });
});
