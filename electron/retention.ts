import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { AppSettings } from '../backend/contract/app-settings.ts';
import { recordManifest } from '../backend/contract/record.ts';

const DAY_MS = 86_400_000;
const GIGABYTE = 1e9;

export interface RecordSize {
  readonly dir: string;
  readonly startedMs: number;
  readonly bytes: number;
}

/** Which records go: those past their days, then the oldest until the rest fits. Pure. */
export function expired(
  records: readonly RecordSize[],
  { keep_days, max_gb }: AppSettings['recordings'],
  nowMs: number,
): readonly RecordSize[] {
  const newestFirst = records.toSorted((a, b) => b.startedMs - a.startedMs);
  let kept = 0;
  return newestFirst.filter(({ startedMs, bytes }) => {
    const tooOld = keep_days !== null && nowMs - startedMs > keep_days * DAY_MS;
    const tooMuch = max_gb !== null && kept + bytes > max_gb * GIGABYTE;
    if (!tooOld && !tooMuch) kept += bytes;
    return tooOld || tooMuch;
  });
}

/** Deletes what has expired. Only whole records of calls that have ended count; other folders are never touched. */
export async function sweep(
  recordsDir: string,
  settings: AppSettings['recordings'],
  nowMs: number,
): Promise<number> {
  const records = await list(recordsDir);
  const gone = expired(records, settings, nowMs);
  for (const { dir } of gone) await rm(dir, { recursive: true, force: true });
  return gone.length;
}

async function list(recordsDir: string): Promise<RecordSize[]> {
  const names = await readdir(recordsDir).catch(() => []);
  const records = await Promise.all(names.map((name) => measure(path.join(recordsDir, name))));
  return records.filter((record) => record !== null);
}

async function measure(dir: string): Promise<RecordSize | null> {
  try {
    const manifest = recordManifest.parse(
      JSON.parse(await readFile(path.join(dir, 'manifest.json'), 'utf8')),
    );
    if (manifest.state === 'recording') return null;
    const sizes = await Promise.all(
      (await readdir(dir)).map(async (name) => (await stat(path.join(dir, name))).size),
    );
    return {
      dir,
      startedMs: Date.parse(manifest.started),
      bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    };
  } catch {
    return null;
  }
}
