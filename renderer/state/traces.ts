import { create } from 'zustand';
import type { TraceNotes } from '../../backend/contract/trace.ts';
import { readSignals } from '../../backend/contract/signals.ts';
import { unpackView, type TraceEntry, type TraceView } from '../../backend/contract/traces.ts';
import type { Messages, Request } from '../../backend/contract/window.ts';
import { textsNow } from '../base/text.ts';
import { ask } from '../bridge/bridge.ts';
import { attempt, notify, show } from './app.ts';
import { useCalls } from './calls.ts';
import { foldEvent, noFolds, type CallFolds } from './folds.ts';
import { stateText } from './text.ts';

/** Traces: the list of them, and those that are open, shown by the same folds as calls going on. */

export interface OpenTrace extends CallFolds {
  readonly id: string;
  readonly view: TraceView;
}

export type TracesShown =
  | { readonly kind: 'table' }
  /** `at`: ms since the call's start to begin with; null: its start. */
  | { readonly kind: 'trace'; readonly id: string; readonly at: number | null }
  | { readonly kind: 'compare'; readonly left: string; readonly right: string };

interface TracesState {
  /** Newest first; null: not read yet. */
  readonly entries: readonly TraceEntry[] | null;
  /** Those read for what is on show. */
  readonly opened: ReadonlyMap<string, OpenTrace>;
  /** What the Traces screen shows. */
  readonly shown: TracesShown;
}

const TABLE: TracesShown = { kind: 'table' };

export const useTraceStore = create<TracesState>(() => ({
  entries: null,
  opened: new Map(),
  shown: TABLE,
}));

/** Reads the list anew. What becomes new or goes afterwards is told by `takeTraceChanges`. */
export async function listTraces(): Promise<void> {
  const entries = await attempt(textsNow(stateText).noTraces, () => ask('trace.list', null));
  if (entries) useTraceStore.setState({ entries });
}

export function takeTraceChanges(changes: Messages['traces.changed']): void {
  const { entries, shown } = useTraceStore.getState();
  if (entries !== null) useTraceStore.setState({ entries: withChanges(entries, changes) });
  if (shown.kind === 'trace') void settleTrace(shown.id);
}

/** Newest first, as they were. */
export function withChanges(
  entries: readonly TraceEntry[],
  changes: Messages['traces.changed'],
): readonly TraceEntry[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  for (const { id, entry } of changes) {
    if (entry) byId.set(id, entry);
    else byId.delete(id);
  }
  return [...byId.values()].toSorted((one, other) => other.startedMs - one.startedMs);
}

/** Shows a trace, or the call that is still writing it. */
export async function openTrace(id: string, at: number | null = null): Promise<void> {
  show('traces');
  showOnly({ kind: 'trace', id, at });
  if (!isLive(id) && !useTraceStore.getState().opened.has(id)) await read(id);
}

/** Shows two traces side by side. */
export async function compareTraces(left: string, right: string): Promise<void> {
  show('traces');
  showOnly({ kind: 'compare', left, right });
  const { opened } = useTraceStore.getState();
  await Promise.all([left, right].filter((id) => !opened.has(id)).map(read));
}

/** Back to the table. */
export function closeTrace(): void {
  showOnly(TABLE);
}

function isLive(id: string): boolean {
  return useCalls.getState().calls.get(id)?.summary.state === 'live';
}

/** A call that was on show while it went on, or half written, is read from its trace once that is whole. */
export async function settleTrace(id: string): Promise<void> {
  const { entries, opened } = useTraceStore.getState();
  const state = entries?.find((entry) => entry.id === id)?.state;
  if (state === undefined || state === 'going_on' || isLive(id)) return;
  const known = opened.get(id);
  if (known === undefined || known.view.entry.state === 'going_on') await read(id);
}

/** What is no longer on show is forgotten: an hour of a call takes its room. */
function showOnly(shown: TracesShown): void {
  const kept = idsOf(shown);
  const { opened } = useTraceStore.getState();
  useTraceStore.setState({ shown, opened: new Map([...opened].filter(([id]) => kept.includes(id))) });
}

function idsOf(shown: TracesShown): readonly string[] {
  switch (shown.kind) {
    case 'table':
      return [];
    case 'trace':
      return [shown.id];
    case 'compare':
      return [shown.left, shown.right];
  }
}

const reading = new Set<string>();

async function read(id: string): Promise<void> {
  if (reading.has(id)) return;
  reading.add(id);
  const trace = await attempt(textsNow(stateText).traceNotOpened, async () =>
    foldTrace(unpackView(await ask('trace.open', { trace: id }))),
  );
  reading.delete(id);
  const { shown, opened } = useTraceStore.getState();
  if (!idsOf(shown).includes(id)) return;
  if (trace) useTraceStore.setState({ opened: new Map(opened).set(id, trace) });
  else showOnly(TABLE);
}

/** @throws SidetoneError 'garbled' for signals that are none. */
function foldTrace(view: TraceView): OpenTrace {
  let folds = noFolds();
  for (const event of view.events) folds = foldEvent(folds, event);
  const { tracks } = folds;
  for (const batch of view.signals) {
    readSignals(batch, (_call, track, start, values) => tracks.append(track, start, values));
  }
  // The lanes have them now: they are not kept twice.
  return { id: view.entry.id, view: { ...view, signals: [] }, ...folds };
}

/** Takes the place of all notes of the trace. */
export async function annotate(trace: string, notes: Request<'trace.annotate'>['notes']): Promise<boolean> {
  return takeNotes(trace, () => ask('trace.annotate', { trace, notes }));
}

export async function pinTraces(traces: readonly string[], on: boolean): Promise<void> {
  for (const trace of traces) {
    if (!(await takeNotes(trace, () => ask('trace.pin', { trace, on })))) return;
  }
}

/** @returns whether they were saved; if not, a notice says why. */
async function takeNotes(trace: string, change: () => Promise<TraceNotes>): Promise<boolean> {
  const notes = await attempt(textsNow(stateText).notesNotSaved, change);
  if (notes === null) return false;
  const { opened, entries } = useTraceStore.getState();
  const open = opened.get(trace);
  const marked = (entry: TraceEntry): TraceEntry =>
    entry.id === trace ? { ...entry, pinned: notes.pinned, notes: notes.notes.length } : entry;
  useTraceStore.setState({
    entries: entries?.map(marked) ?? null,
    ...(open && {
      opened: new Map(opened).set(trace, {
        ...open,
        view: { ...open.view, notes, entry: marked(open.view.entry) },
      }),
    }),
  });
  return true;
}

/** Removes them; the notice that says so can bring them back. */
export async function removeTraces(traces: readonly string[]): Promise<void> {
  const t = textsNow(stateText);
  const done = await attempt(t.notRemoved, async () => {
    await ask('trace.remove', { traces: [...traces] });
    return true;
  });
  if (done === null) return;
  if (idsOf(useTraceStore.getState().shown).some((id) => traces.includes(id))) closeTrace();
  takeTraceChanges(traces.map((id) => ({ id, entry: null })));
  notify(
    { severity: 'info', title: t.removed(traces.length), meaning: t.removedMeaning, remedy: null },
    { label: t.undo, run: () => void restoreTraces(traces) },
  );
}

async function restoreTraces(traces: readonly string[]): Promise<void> {
  await attempt(textsNow(stateText).notRestored, async () => {
    await ask('trace.restore', { traces: [...traces] });
    await listTraces();
  });
}

/** Makes a `.sidetone` file or a capture one of the traces, and shows it; null: asks which. */
export async function importTrace(path: string | null): Promise<void> {
  const id = await attempt(textsNow(stateText).notImported, () => ask('trace.import', { path }));
  if (id !== null) await openTrace(id);
}
