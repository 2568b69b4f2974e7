import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { ARCHIVE_SUFFIX, unpackTrace } from '../trace/archive.ts';

/**
 * Calls `use` with the folder of the trace that a person named: its folder, a .sidetone file (unpacked for as long as
 * `use` takes), or its id among `tracesDir`.
 *
 * @throws SidetoneError 'usage' when there is no such trace.
 */
export async function withTrace<T>(
  target: string,
  tracesDir: string,
  use: (dir: string) => Promise<T>,
): Promise<T> {
  const found = await stat(target).catch(() => null);
  if (found?.isDirectory()) return use(target);
  if (found?.isFile()) return withUnpacked(target, use);
  const among = path.join(tracesDir, target);
  const isName = target !== '' && path.basename(target) === target;
  if (isName && (await stat(among).catch(() => null))?.isDirectory()) return use(among);
  throw new SidetoneError('usage', `there is no trace '${target}'`, {
    hint: `give its folder, a ${ARCHIVE_SUFFIX} file, or an id from \`sidetone trace list --traces ${tracesDir}\``,
  });
}

async function withUnpacked<T>(file: string, use: (dir: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-trace-'));
  try {
    const dir = path.join(folder, path.basename(file, ARCHIVE_SUFFIX));
    await unpackTrace(file, dir);
    return await use(dir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
