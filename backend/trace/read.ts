import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { SidetoneError } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import {
  TRACE_FILES,
  TRACE_VERSION,
  traceManifest,
  traceNotes,
  type TraceManifest,
  type TraceNotes,
} from '../contract/trace.ts';
import type { TraceState } from '../contract/traces.ts';
import { CallerAlignment } from '../fold/alignment.ts';
import { eventProblems, readEvents } from './event-log.ts';
import { isTraceFile, listTraceFiles, readStart, whyUnreadable, type TraceFile } from './files.ts';
import { upgradeManifest } from './upgrade.ts';
import { readSide, sideProblem } from './wav-file.ts';
import { wireProblem } from './wire.ts';

/** A trace as it is on the disk, whatever of it can be read. */
export interface Trace {
  readonly dir: string;
  /** null: it is missing, or cannot be read. */
  readonly manifest: TraceManifest | null;
  readonly events: readonly CallEvent[];
  readonly notes: TraceNotes;
  readonly state: TraceState;
  /** What is missing or wrong, for a person; empty: nothing. */
  readonly problems: readonly string[];
  readonly alignment: CallerAlignment;
  readonly files: readonly TraceFile[];
}

/** Larger than any of ours by far: a file that is not what it claims to be must not fill the memory. */
const MAX_EVENTS_BYTES = 256 * 1024 * 1024;
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Its writer flushes each second: after so long without it has gone. */
const STILL_WRITTEN_MS = 5000;
const NO_NOTES: TraceNotes = { v: 1, pinned: false, notes: [] };

const versioned = z.looseObject({ v: z.int().positive() });

/** What was found in one file, and what is wrong with it. */
interface Found<T> {
  readonly value: T;
  readonly problems: readonly string[];
}

/**
 * Opens what can be opened of a trace's folder; `problems` says what cannot.
 *
 * @throws SidetoneError 'usage' when there is nothing to open: no such folder, no permission, no trace.
 */
export async function openTrace(dir: string): Promise<Trace> {
  const files = await listFiles(dir);
  const manifest = await readManifestFile(dir);
  const log = await readEventsFile(dir);
  const notes = await readNotesFile(dir);
  const absent = missing(files, manifest.value);
  const wavs = await Promise.all(
    [TRACE_FILES.caller, TRACE_FILES.bot].map((name) => wavProblemOf(dir, files, name)),
  );
  const goingOn = isGoingOn(manifest.value, files);
  const wire = goingOn ? null : await wireProblemOf(dir, files);
  const alignment = new CallerAlignment();
  for (const event of log.value.events) if (event.type === 'caller.aligned') alignment.apply(event);
  const problems = [
    ...manifest.problems,
    ...absent,
    // While the file grows, its last line is often half there.
    ...log.problems,
    ...eventProblems(goingOn ? { ...log.value, halfLine: false } : log.value),
    ...[...wavs, wire].filter((problem) => problem !== null),
    ...notes.problems,
  ];
  return {
    dir,
    manifest: manifest.value,
    events: log.value.events,
    notes: notes.value,
    state: stateOf(manifest.value, goingOn, problems.length > 0),
    problems,
    alignment,
    files,
  };
}

/** A recorded side, 8 kHz, sample 0 at the call's start; null: there is none, or none that can be read. */
export async function readTrack(trace: Trace, side: 'caller' | 'bot'): Promise<Int16Array | null> {
  const name = TRACE_FILES[side];
  if (!trace.files.some((file) => file.name === name)) return null;
  return readSide(trace.dir, name).catch(() => null);
}

/**
 * The manifest alone, of any version; null with what is wrong when it is missing or cannot be read. Never throws.
 */
export async function readManifestFile(dir: string): Promise<Found<TraceManifest | null>> {
  try {
    const { bytes } = await readStart(path.join(dir, TRACE_FILES.manifest), MAX_JSON_BYTES);
    const raw: unknown = JSON.parse(bytes.toString());
    const { v } = versioned.parse(raw);
    const newer =
      v > TRACE_VERSION
        ? [
            `the trace is of version ${v}, this program knows ${TRACE_VERSION}: what is new in it is not shown`,
          ]
        : [];
    const manifest = traceManifest.safeParse(upgradeManifest(raw, v));
    if (!manifest.success)
      return { value: null, problems: [...newer, `manifest.json is wrong at ${pathOf(manifest.error)}`] };
    return {
      value: { ...manifest.data, tracks: manifest.data.tracks.filter(({ file }) => isTraceFile(file)) },
      problems: newer,
    };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : whyUnreadable(error);
    return {
      value: null,
      problems: [`manifest.json ${error instanceof z.ZodError ? 'has no version' : why}`],
    };
  }
}

/** notes.json; none when there is no such file. Never throws. */
export async function readNotesFile(dir: string): Promise<Found<TraceNotes>> {
  const file = path.join(dir, TRACE_FILES.notes);
  if ((await stat(file).catch(() => null)) === null) return { value: NO_NOTES, problems: [] };
  try {
    const { bytes } = await readStart(file, MAX_JSON_BYTES);
    return { value: traceNotes.parse(JSON.parse(bytes.toString())), problems: [] };
  } catch (error) {
    const why =
      error instanceof z.ZodError || error instanceof SyntaxError ? 'cannot be read' : whyUnreadable(error);
    return { value: NO_NOTES, problems: [`notes.json ${why}: notes are not shown`] };
  }
}

/** How a trace stands by its manifest and the age of its files. */
export function stateOf(manifest: TraceManifest | null, goingOn: boolean, damaged: boolean): TraceState {
  if (manifest === null) return 'damaged';
  switch (manifest.state) {
    case 'recording':
      return goingOn ? 'going_on' : 'abrupt';
    case 'cut':
      return 'cut';
    case 'complete':
      return damaged ? 'damaged' : 'complete';
  }
}

/** Whether the call's process is still writing. */
export function isGoingOn(manifest: TraceManifest | null, files: readonly TraceFile[]): boolean {
  const newest = Math.max(0, ...files.map(({ changedMs }) => changedMs));
  return manifest?.state === 'recording' && Date.now() - newest < STILL_WRITTEN_MS;
}

async function listFiles(dir: string): Promise<readonly TraceFile[]> {
  const files = await listTraceFiles(dir).catch((error: unknown) => {
    throw new SidetoneError('usage', `the trace ${dir} ${whyUnreadable(error)}`, {
      hint: 'give the folder of a trace, or a .sidetone file',
      cause: error,
    });
  });
  if (files.length > 0) return files;
  throw new SidetoneError('usage', `${dir} is not a trace: it holds none of a trace's files`, {
    hint: 'a trace is a folder with manifest.json, events.ndjson, caller.wav, bot.wav',
  });
}

async function readEventsFile(dir: string): Promise<Found<ReturnType<typeof readEvents>>> {
  const none = readEvents('');
  try {
    const { bytes, total } = await readStart(path.join(dir, TRACE_FILES.events), MAX_EVENTS_BYTES);
    const cut =
      total > bytes.length ? [`events.ndjson is too large (${total} bytes): only its start is read`] : [];
    return { value: readEvents(bytes.toString()), problems: cut };
  } catch (error) {
    // A missing one is among the missing files, where it should be there at all.
    const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return { value: none, problems: gone ? [] : [`events.ndjson ${whyUnreadable(error)}`] };
  }
}

/** Files that should be there and are not. What a whole trace has is in its manifest, with their hashes. */
function missing(files: readonly TraceFile[], manifest: TraceManifest | null): readonly string[] {
  const hashed = Object.keys(manifest?.sha256 ?? {}).filter(isTraceFile);
  const { events, caller, bot, wire } = TRACE_FILES;
  const expected = hashed.length > 0 ? hashed : [events, caller, bot, wire];
  return expected
    .filter((name) => !files.some((file) => file.name === name))
    .map((name) => `${name} is missing`);
}

async function wavProblemOf(dir: string, files: readonly TraceFile[], name: string): Promise<string | null> {
  if (!files.some((file) => file.name === name)) return null;
  return sideProblem(dir, name).catch((error: unknown) => `${name} ${whyUnreadable(error)}`);
}

async function wireProblemOf(dir: string, files: readonly TraceFile[]): Promise<string | null> {
  if (!files.some(({ name }) => name === TRACE_FILES.wire)) return null;
  return wireProblem(dir).catch((error: unknown) => `${TRACE_FILES.wire} ${whyUnreadable(error)}`);
}

function pathOf(error: z.ZodError): string {
  return error.issues[0]?.path.join('.') || 'its top';
}
