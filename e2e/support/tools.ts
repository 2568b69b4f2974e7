import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where programs are: Debian keeps servers out of the path of whoever is not root. */
export const SEARCH_PATH = `${process.env['PATH'] ?? ''}${path.delimiter}/usr/sbin`;

/** Whether a program of somebody else is installed; says so where it is not, for its tests are then skipped. */
export function has(program: string): boolean {
  const found = SEARCH_PATH.split(path.delimiter).some((dir) => existsSync(path.join(dir, program)));
  if (!found) process.stderr.write(`${program} is not installed: the tests that use it are skipped\n`);
  return found;
}

/** Standard output of a program. @throws when it fails. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: 1 << 26 });
  return stdout;
}
