import path from 'node:path';
import type { TraceManifest, TraceNotes } from '../contract/trace.ts';
import type { TraceEntry, TraceState } from '../contract/traces.ts';
import { isTraceFile, listTraceFiles, type TraceFile } from './files.ts';
import { isGoingOn, openTrace, readManifestFile, readNotesFile, stateOf, type Trace } from './read.ts';
import { summaryOf, type TraceSummary } from './summary.ts';

/**
 * A trace's row in a list. Of a folder, its events are read only where the manifest has no summary: a whole trace
 * costs three small reads.
 *
 * @throws SidetoneError 'usage' when the folder is no trace.
 */
export async function traceEntry(source: Trace | string): Promise<TraceEntry> {
  if (typeof source !== 'string') return entryOfTrace(source);
  const manifest = (await readManifestFile(source)).value;
  if (manifest === null || manifest.summary === null) return entryOfTrace(await openTrace(source));
  const files = await listTraceFiles(source);
  const notes = (await readNotesFile(source)).value;
  const hashed = Object.keys(manifest.sha256).filter(isTraceFile);
  const lost = hashed.some((name) => !files.some((file) => file.name === name));
  return entryOf(
    source,
    manifest,
    manifest.summary,
    files,
    notes,
    stateOf(manifest, isGoingOn(manifest, files), lost),
  );
}

function entryOfTrace({ dir, manifest, events, files, notes, state }: Trace): TraceEntry {
  const started = events.find((event) => event.type === 'call.started');
  const summary = manifest?.summary ?? summaryOf(events);
  const entry = entryOf(dir, manifest, summary, files, notes, state);
  const lastMs = (events.at(-1)?.at ?? 0) / 1000;
  return {
    ...entry,
    party: manifest?.party ?? started?.party ?? '',
    peer: peerOf(manifest) ?? started?.peer ?? '',
    codec: manifest?.codec ?? started?.codec ?? '',
    durationMs: entry.durationMs ?? (lastMs > 0 ? lastMs : null),
  };
}

function entryOf(
  dir: string,
  manifest: TraceManifest | null,
  summary: TraceSummary,
  files: readonly TraceFile[],
  notes: TraceNotes,
  state: TraceState,
): TraceEntry {
  const startedMs = Date.parse(manifest?.started ?? '');
  return {
    id: path.basename(path.resolve(dir)),
    // Without a manifest, when its first file was finished is the best there is.
    startedMs: Number.isNaN(startedMs) ? Math.min(...files.map((file) => file.changedMs)) : startedMs,
    origin: manifest?.origin ?? 'call',
    replayOf: manifest?.replay_of ?? null,
    party: manifest?.party ?? '',
    peer: peerOf(manifest) ?? '',
    codec: manifest?.codec ?? '',
    durationMs: manifest?.duration_ms ?? null,
    state,
    turns: summary.turns,
    interruptions: summary.interruptions,
    worstLatencyMs: summary.worst_latency_ms,
    text: summary.text,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    pinned: notes.pinned,
    notes: notes.notes.length,
  };
}

/** The far end for a person: of a call over SIP its name, else its URI. */
function peerOf(manifest: TraceManifest | null): string | null {
  const line = manifest?.line ?? null;
  return line?.name ?? line?.remote ?? manifest?.peer ?? null;
}
