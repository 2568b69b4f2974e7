import { open, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { wavHeader } from '../audio/wav.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { CallEvent } from '../contract/events.ts';
import { recordManifest, type RecordManifest } from '../contract/record.ts';

const WAV_HEADER_BYTES = 44;

/** @throws when the folder holds no manifest that can be read. */
export async function readManifest(dir: string): Promise<RecordManifest> {
  return recordManifest.parse(JSON.parse(await readFile(path.join(dir, 'manifest.json'), 'utf8')));
}

/** Replaces the manifest in one step: a reader sees the old one or the new one, whole. */
export async function writeManifest(dir: string, manifest: RecordManifest): Promise<void> {
  const file = path.join(dir, 'manifest.json');
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/**
 * Completes a record whose writer is gone: the last whole event, then `ended`; WAV headers that say the true length;
 * a manifest that says how it ended.
 */
export async function completeRecord(dir: string, ended: CallEvent & { type: 'call.ended' }): Promise<void> {
  const manifest = await readManifest(dir);
  if (manifest.state !== 'recording') return;
  await appendEvent(path.join(dir, manifest.files.events), ended);
  await correctWavHeader(path.join(dir, manifest.files.caller));
  await correctWavHeader(path.join(dir, manifest.files.bot));
  await writeManifest(dir, {
    ...manifest,
    state: 'complete',
    ended: ended.reason,
    duration_ms: ended.duration_ms,
  });
}

async function appendEvent(file: string, event: CallEvent): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  await writeFile(file, `${whole}${JSON.stringify(event)}\n`);
}

async function correctWavHeader(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const samples = Math.max(0, Math.floor(((await handle.stat()).size - WAV_HEADER_BYTES) / 2));
    const header = wavHeader({ sampleRate: LINE_RATE, samples });
    await handle.write(header, 0, header.length, 0);
  } finally {
    await handle.close();
  }
}
