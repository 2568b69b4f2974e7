import { mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Scope } from '../base/scope.ts';

const BEAT_MS = 2000;
/** A holder that has not touched its lock for so long is gone. */
const GONE_MS = 15_000;
const POLL_MS = 200;

/**
 * Runs `work` while no other process holds `file`; waits for one that does. A holder touches its lock while it
 * lives, so one left behind by a crash is taken over.
 */
export async function locked<T>(file: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await using scope = new Scope();
  await mkdir(path.dirname(file), { recursive: true });
  while (!(await take(file))) {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => void scope.after(POLL_MS, resolve));
  }
  scope.defer(() => rm(file, { force: true }));
  scope.every(BEAT_MS, () => {
    const now = new Date();
    void utimes(file, now, now).catch(() => undefined);
  });
  return await work();
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  try {
    if (Date.now() - (await stat(file)).mtimeMs < GONE_MS) return false;
    // Of several that find it dead, one rename succeeds.
    const dead = `${file}.${process.pid}`;
    await rename(file, dead);
    await rm(dead, { force: true });
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  return false;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
