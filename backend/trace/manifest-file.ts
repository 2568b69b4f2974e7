import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../base/replace-file.ts';
import { TRACE_FILES, traceManifest, type TraceManifest } from '../contract/trace.ts';

/** Spare room in the manifest of a call going on: for what is to be said of it when the disk is full. */
const SPARE_BYTES = 512;

/** @throws when the folder holds no manifest that can be read. */
export async function readManifest(dir: string): Promise<TraceManifest> {
  return traceManifest.parse(JSON.parse(await readFile(path.join(dir, TRACE_FILES.manifest), 'utf8')));
}

/**
 * Replaces the manifest in one step: a reader sees the old one or the new one, whole.
 *
 * @throws as the file system does.
 */
export async function writeManifest(dir: string, manifest: TraceManifest): Promise<void> {
  const spare = ' '.repeat(manifest.state === 'recording' ? SPARE_BYTES : 0);
  await replaceFile(path.join(dir, TRACE_FILES.manifest), textOf(manifest) + spare);
}

/**
 * Writes over the manifest where it stands, which takes no room on a full disk. Returns whether it could: the new one
 * must not be longer than the old one.
 */
export async function overwriteManifest(dir: string, manifest: TraceManifest): Promise<boolean> {
  try {
    const handle = await open(path.join(dir, TRACE_FILES.manifest), 'r+');
    try {
      const { size } = await handle.stat();
      const text = Buffer.from(textOf(manifest));
      if (text.length > size) return false;
      const bytes = Buffer.alloc(size, ' ');
      text.copy(bytes);
      await handle.write(bytes, 0, size, 0);
      return true;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}

function textOf(manifest: TraceManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
