import { appendFile, open, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { wavHeader } from '../audio/wav.ts';
import type { CallEvent } from '../contract/events.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { Ending } from './ending.ts';
import { readEvents } from './event-log.ts';
import { listTraceFiles } from './files.ts';
import { readManifest, writeManifest } from './manifest-file.ts';

const WAV_HEADER_BYTES = 44;
const RATE_AT = 24;
const LINE_END = 0x0a;

/**
 * Completes a trace whose writer is gone: the last whole event, then how the call ended; WAV headers that say the true
 * length; transcript, hashes and manifest as at any other end. The last second of the call may be missing.
 *
 * @throws as the file system does, and when the folder holds no manifest that can be read.
 */
export async function completeRecord(dir: string, ended: CallEvent & { type: 'call.ended' }): Promise<void> {
  const manifest = await readManifest(dir);
  if (manifest.state !== 'recording') return;
  const ending = new Ending();
  for (const event of await endEvents(path.join(dir, TRACE_FILES.events), ended)) ending.apply(event);
  for (const { name } of await listTraceFiles(dir)) {
    if (name.endsWith('.wav')) await correctWavHeader(path.join(dir, name));
  }
  const written = await ending.write(dir);
  await writeManifest(dir, {
    ...manifest,
    ...written,
    state: 'complete',
    ended: ended.reason,
    duration_ms: ended.duration_ms,
  });
}

/** Ends the log with `ended`, in the place of half a line. Returns all of it. */
async function endEvents(file: string, ended: CallEvent): Promise<readonly CallEvent[]> {
  const bytes = await readFile(file);
  const whole = bytes.lastIndexOf(LINE_END) + 1;
  const { events } = readEvents(bytes.toString('utf8', 0, whole));
  // Those that were told but not written yet are lost: the log has no hole.
  const last: CallEvent = { ...ended, seq: (events.at(-1)?.seq ?? -1) + 1 };
  await truncate(file, whole);
  await appendFile(file, `${JSON.stringify(last)}\n`);
  return [...events, last];
}

async function correctWavHeader(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const header = Buffer.alloc(WAV_HEADER_BYTES);
    const { bytesRead } = await handle.read(header, 0, WAV_HEADER_BYTES, 0);
    if (bytesRead < WAV_HEADER_BYTES) return;
    const samples = Math.floor(((await handle.stat()).size - WAV_HEADER_BYTES) / 2);
    const correct = wavHeader({ sampleRate: header.readUInt32LE(RATE_AT), samples });
    await handle.write(correct, 0, correct.length, 0);
  } finally {
    await handle.close();
  }
}
