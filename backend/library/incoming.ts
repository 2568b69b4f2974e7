import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { importCapture, type Imported } from '../capture/import.ts';
import type { StreamChoice } from '../capture/pick.ts';
import { unpackTrace } from '../trace/archive.ts';
import { listTraceFiles, readStart, whyUnreadable } from '../trace/files.ts';
import { openTrace, readManifestFile } from '../trace/read.ts';

/** First bytes of a zip file (APPNOTE 4.3.7). */
const ZIP = 'PK\x03\x04';
/** Leaves room for a number within contract/window.ts's 64 characters. */
const LONGEST_NAME = 56;

export interface IncomingOptions {
  readonly tracesDir: string;
  /** A folder in it for work that is not done; not there yet. */
  readonly aside: string;
  /** Of this program. */
  readonly version: string;
  /** Of a capture; without it, the streams are to be found. */
  readonly choice?: StreamChoice;
}

export interface Brought {
  /** Name of the trace. */
  readonly id: string;
  /** Of a capture. */
  readonly imported: Imported | null;
}

const ANY: StreamChoice = { caller: null, bot: null };

/**
 * Brings a trace into the folder of traces: a `.sidetone` file, another trace's folder, or a capture, by what is in it and not
 * by its name. One that is there already is not brought in twice.
 *
 * @throws SidetoneError 'usage' that says what is wrong with the file; 'environment' when it cannot be written.
 */
export async function bringIn(
  source: string,
  { tracesDir, aside, version, choice = ANY }: IncomingOptions,
): Promise<Brought> {
  const refuse = (cause: unknown): never => {
    throw new SidetoneError('usage', `${source} ${whyUnreadable(cause)}`, {
      hint: 'give a .sidetone file, a capture (pcap, pcapng), or the folder of a trace',
      cause,
    });
  };
  const found = await stat(source).catch(refuse);
  if (found.isDirectory() && path.dirname(path.resolve(source)) === path.resolve(tracesDir)) {
    await openTrace(source);
    return { id: path.basename(path.resolve(source)), imported: null };
  }
  if (!found.isDirectory() && !(await isZip(source).catch(refuse))) {
    const id = await freeName(tracesDir, nameOf(source));
    const imported = await importCapture(source, tracesDir, { id, sidetone: version, choice });
    return { id, imported };
  }

  await mkdir(path.dirname(aside), { recursive: true });
  try {
    if (found.isDirectory()) await copyTrace(source, aside);
    else await unpackTrace(source, aside);
    return { id: await settle(aside, tracesDir), imported: null };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function isZip(file: string): Promise<boolean> {
  const { bytes } = await readStart(file, ZIP.length);
  return bytes.toString('latin1') === ZIP;
}

/** Its own files only; what else lies in the folder stays there. */
async function copyTrace(from: string, to: string): Promise<void> {
  await openTrace(from);
  await mkdir(path.join(to, 'tts'), { recursive: true });
  for (const { name } of await listTraceFiles(from))
    await copyFile(path.join(from, name), path.join(to, name));
}

/** Under its call's id. */
async function settle(aside: string, tracesDir: string): Promise<string> {
  const manifest = (await readManifestFile(aside)).value;
  const id = nameOf(manifest?.call ?? '');
  const there = (await readManifestFile(path.join(tracesDir, id))).value;
  if (manifest && there && JSON.stringify(there) === JSON.stringify(manifest)) return id;
  const name = await freeName(tracesDir, id);
  await rename(aside, path.join(tracesDir, name));
  return name;
}

/** What may be the name of a trace, out of a file's name or whatever a manifest says. */
function nameOf(source: string): string {
  const name = path
    .basename(source, path.extname(source))
    .replaceAll(/[^\w-]+/g, '-')
    .slice(0, LONGEST_NAME);
  return /\w/.test(name) ? name : 'trace';
}

/** The name itself, or with a number behind it where another trace has it. */
async function freeName(tracesDir: string, name: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const free = count === 1 ? name : `${name}-${count}`;
    if ((await stat(path.join(tracesDir, free)).catch(() => null)) === null) return free;
  }
}
