import { explain, SidetoneError } from '../backend/base/errors.ts';
import { replaceFile as replace } from '../backend/base/replace-file.ts';

/** base/replace-file.ts for a person. @throws SidetoneError 'environment' when it cannot be written; it is as it was then */
export async function replaceFile(file: string, data: string | Uint8Array, mode?: number): Promise<void> {
  await replace(file, data, mode).catch((error: unknown) => {
    throw writeFailure(file, error);
  });
}

const READ_ONLY = 'change the permissions there, or copy the folder to a place of your own';
const REASONS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, then try again'],
  EDQUOT: ['your share of the disk is used up', 'free some space, then try again'],
  EROFS: ['the disk is read-only', READ_ONLY],
  EACCES: ['you may not write there', READ_ONLY],
  EPERM: ['you may not write there', READ_ONLY],
  ENOENT: ['its folder is gone', 'put the folder back, then try again'],
  ENOTDIR: ['its folder is gone', 'put the folder back, then try again'],
  EEXIST: ['there is a file of that name', 'move that file away, then try again'],
  EISDIR: ['there is a folder of that name', 'move that folder away, then try again'],
};

/** What a failure to write means: what happened, what becomes of calls, what to do. */
export function writeFailure(file: string, cause: unknown): SidetoneError {
  const code = errorCode(cause) ?? '';
  const [what, remedy] = REASONS[code] ?? [explain(cause), 'look at that folder, then try again'];
  const message = `${file} could not be written: ${what}. Nothing has changed, calls go on as they are.`;
  return new SidetoneError('environment', message, { hint: remedy, cause });
}

/** `ENOENT` and the like; null where there is none. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
