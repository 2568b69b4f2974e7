import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { replaceFile, writeFailure } from './write-file.ts';

it.each([
  ['ENOSPC', 'the disk is full', 'free some space'],
  ['EDQUOT', 'your share of the disk is used up', 'free some space'],
  ['EROFS', 'the disk is read-only', 'copy the folder'],
  ['EACCES', 'you may not write there', 'change the permissions'],
  ['EIO', 'EIO: i/o error', 'look at that folder'],
])('says what %s means and what to do', (code, what, remedy) => {
  const failure = writeFailure('/bots/a/prompt.md', Object.assign(new Error('EIO: i/o error'), { code }));
  expect(failure.kind).toBe('environment');
  expect(failure.message).toBe(
    `/bots/a/prompt.md could not be written: ${what}. Nothing has changed, calls go on as they are.`,
  );
  expect(failure.hint).toContain(remedy);
});

it('replaces a file whole and leaves nothing beside it', async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-write-'));
  try {
    const file = path.join(dir, 'a.txt');
    await Promise.all(['one', 'two', 'three'].map((text) => replaceFile(file, text)));
    expect(['one', 'two', 'three']).toContain(await readFile(file, 'utf8'));
    await expect(replaceFile(path.join(dir, 'none', 'a.txt'), 'x')).rejects.toThrow('its folder is gone');
    await expect(replaceFile(dir, 'x')).rejects.toThrow('could not be written');
    expect(await readdir(dir)).toEqual(['a.txt']);
  } finally {
    await rm(dir, { recursive: true });
  }
});
