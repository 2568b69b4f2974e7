import { lstatSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { TRACE_FILES } from '../contract/trace.ts';

/** The files of a trace as bytes. A trace may come from anybody: names are checked, and nothing is read without end. */

const NAMES: ReadonlySet<string> = new Set(Object.values(TRACE_FILES));
const TTS_NAME = /^tts\/\d{3,6}\.wav$/;

/** Whether a trace may hold a file of this name. Anything else, `../` above all, is none of ours. */
export function isTraceFile(name: string): boolean {
  return NAMES.has(name) || TTS_NAME.test(name);
}

export interface TraceFile {
  /** `caller.wav`, `tts/007.wav`. */
  readonly name: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** The files a trace's folder holds, sorted by name; others in it do not count. @throws when it cannot be listed. */
export async function listTraceFiles(dir: string): Promise<readonly TraceFile[]> {
  const hasTts = lstatSync(path.join(dir, 'tts'), { throwIfNoEntry: false })?.isDirectory() === true;
  const tts = hasTts ? await readdir(path.join(dir, 'tts')).catch(() => []) : [];
  const names = [...(await readdir(dir)), ...tts.map((name) => `tts/${name}`)].filter(isTraceFile).sort();
  const files = names.map((name) => {
    // Links do not count: what they lead to is no part of the trace, and must not leave in its zip. Not as promises:
    // they would take ten times as long, which a list of thousands of traces feels.
    const found = lstatSync(path.join(dir, name), { throwIfNoEntry: false });
    return found?.isFile() ? { name, bytes: found.size, changedMs: found.mtimeMs } : null;
  });
  return files.filter((file) => file !== null);
}

/**
 * The first `limit` bytes of a file, and how many it has. Never waits for a pipe or a device.
 *
 * @throws as the file system does; SidetoneError 'usage' for what is not a file.
 */
export async function readStart(
  file: string,
  limit: number,
): Promise<{ readonly bytes: Buffer<ArrayBuffer>; readonly total: number }> {
  if (!(await stat(file)).isFile()) throw new SidetoneError('usage', 'it is not a file');
  const handle = await open(file, 'r');
  try {
    const total = (await handle.stat()).size;
    const bytes = Buffer.alloc(Math.min(total, limit));
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { bytes: bytes.subarray(0, length), total };
  } finally {
    await handle.close();
  }
}

/** After a file's name, for a person: why it could not be read. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOENT':
      return 'is missing';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    default:
      return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
