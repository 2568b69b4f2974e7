import path from 'node:path';
import { replaceFile } from '../base/replace-file.ts';
import { SidetoneError, explain } from '../base/errors.ts';
import { TRACE_FILES, type TraceNotes } from '../contract/trace.ts';

/**
 * Puts notes.json in its place in one step: a reader finds the old notes or the new.
 * @throws SidetoneError 'environment' when it cannot be written; the old notes are still there
 */
export async function writeNotes(dir: string, notes: TraceNotes): Promise<void> {
  try {
    await replaceFile(path.join(dir, TRACE_FILES.notes), `${JSON.stringify(notes, null, 2)}\n`);
  } catch (cause) {
    throw new SidetoneError('environment', `the notes could not be saved: ${explain(cause)}`, {
      hint: `make room on the disk, or see who may write to ${dir}`,
      cause,
    });
  }
}
