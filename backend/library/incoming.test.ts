import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamChoice } from '../capture/pick.ts';
import { packTrace } from '../trace/archive.ts';
import { makeTrace } from './fixtures/make-trace.ts';
import { bringIn, type Brought } from './incoming.ts';

const CAPTURES = path.join(import.meta.dirname, '../capture/fixtures');

let folder = '';
let traces = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-incoming-'));
  traces = path.join(folder, 'traces');
  await mkdir(traces);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bring = (source: string, choice?: StreamChoice): Promise<Brought> => {
  const options = { tracesDir: traces, aside: path.join(traces, 'aside', '1'), version: '0.1.0' };
  return bringIn(source, choice === undefined ? options : { ...options, choice });
};
const take = async (source: string): Promise<string> => (await bring(source)).id;

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

  it('is a capture, with its caller as found or as chosen, and may come again', async () => {
    const file = path.join(CAPTURES, 'vlan.pcap');
    const { id, imported } = await bring(file);
    expect(id).toBe('vlan');
    const { from } = imported?.call.bot ?? {};
    const caller = `${from?.address}:${from?.port}`;
    const again = await bring(file, { caller, bot: null });
    expect(again.id).toBe('vlan-2');
    expect(again.imported?.call.caller.from).toEqual(from);
    expect(await readdir(traces)).toEqual(['vlan', 'vlan-2']);
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

  it('is said to be missing when it is, or no file', async () => {
    const file = path.join(folder, 'gone.pcap');
    await expect(take(file)).rejects.toThrow('gone.pcap is missing');
    await promisify(execFile)('mkfifo', [file]);
    await expect(take(file)).rejects.toThrow('gone.pcap cannot be read: it is not a file');
  });
});
