import path from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../base/replace-file.ts';
import { traceMetrics } from '../contract/traces.ts';
import { readStart } from '../trace/files.ts';
import type { Trace } from '../trace/read.ts';

/** Beside the trace's own files, which do not need it: it may be deleted, and is never packed or taken from elsewhere. */
const FILE = 'metrics.json';
/** Days of turns take less. */
const MAX_BYTES = 64 * 1024 * 1024;

const measured = z.object({
  /** Names, sizes and times of the files that were measured. */
  stamp: z.string(),
  metrics: traceMetrics,
  /** Of the longer recording. */
  samples: z.int().nonnegative(),
});
export type Measured = z.infer<typeof measured>;

/** Changes with the trace's files. */
export function stampOf({ files }: Pick<Trace, 'files'>): string {
  return files.map(({ name, bytes, changedMs }) => `${name} ${bytes} ${changedMs}`).join();
}

/** What was measured of the trace as its files are now; null: nothing yet, or by other definitions. */
export async function readMeasured(trace: Trace): Promise<Measured | null> {
  try {
    const { bytes } = await readStart(path.join(trace.dir, FILE), MAX_BYTES);
    const kept = measured.parse(JSON.parse(bytes.toString()));
    return kept.stamp === stampOf(trace) ? kept : null;
  } catch {
    return null;
  }
}

/** A folder that cannot be written costs time at the next opening, nothing else. */
export async function keepMeasured({ dir }: Trace, what: Measured): Promise<void> {
  try {
    await replaceFile(path.join(dir, FILE), JSON.stringify(what));
  } catch {
    // Measured anew next time.
  }
}
