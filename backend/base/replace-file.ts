import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { threadId } from 'node:worker_threads';

let written = 0;

/**
 * Puts `data` in the place of a file in one step: whoever reads it finds the old content or the new, whole. What lies in
 * the way is never followed: it may be a link that somebody has put into the folder. `mode`: who may read it, as chmod
 * takes it.
 * @throws as the file system does; the file is as it was then
 */
export async function replaceFile(file: string, data: string | Uint8Array, mode = 0o666): Promise<void> {
  written += 1;
  const name = `.${path.basename(file)}.${process.pid}-${threadId}-${written}`;
  const temporary = path.join(path.dirname(file), name);
  try {
    await rm(temporary, { force: true });
    await writeFile(temporary, data, { flag: 'wx', mode });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
