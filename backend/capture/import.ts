import { rm } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { CaptureFile, type CaptureCounts } from './pcap-file.ts';
import type { CapturedCall } from './legs.ts';
import { ImportedCall } from './imported-call.ts';
import { pickCall, type StreamChoice } from './pick.ts';
import { StreamFinder, type FoundStreams } from './streams.ts';

export interface ImportOptions {
  /** Name of the trace's folder. */
  readonly id: string;
  /** Version of this program. */
  readonly sidetone: string;
  readonly choice: StreamChoice;
}

/** What came of an import. */
export interface Imported {
  readonly dir: string;
  /** The two streams that the trace is of. */
  readonly call: CapturedCall;
  readonly found: FoundStreams;
  readonly counts: CaptureCounts;
}

/**
 * Makes a trace of a call in somebody's capture, in a folder of `tracesDir`. The file is read twice, and neither time
 * held in memory: for its streams, then for their audio.
 *
 * @throws SidetoneError 'usage' when the file is no capture, or it is not plain which of its streams are wanted;
 * 'environment' when the trace could not be written. Then there is none.
 */
export async function importCapture(
  file: string,
  tracesDir: string,
  { id, sidetone, choice }: ImportOptions,
): Promise<Imported> {
  const finder = new StreamFinder();
  const survey = new CaptureFile(file);
  for await (const batch of survey.batches()) for (const datagram of batch) finder.add(datagram);
  const found = finder.found();
  const call = pickCall(found, choice, survey.counts);

  const imported = new ImportedCall(tracesDir, { id, sidetone, call });
  const dir = path.join(tracesDir, id);
  try {
    for await (const batch of new CaptureFile(file).batches()) await imported.take(batch);
    await imported.close();
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  const { trouble } = imported;
  if (trouble === null) return { dir, call, found, counts: survey.counts };
  await rm(dir, { recursive: true, force: true });
  throw new SidetoneError('environment', `the trace could not be written: ${trouble}`);
}
