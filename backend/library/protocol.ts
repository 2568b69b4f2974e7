import type { Problem } from '../base/errors.ts';
import type { TraceNotes } from '../contract/trace.ts';
import type { ExportFormat, PackedView, PacketRow, TraceEntry } from '../contract/traces.ts';
import type { RetentionRules } from './retention.ts';
import type { TraceChange } from './shelf.ts';

/** What crosses between the main thread and the library's: each request is answered once. */

/** What the library is asked, and answers. Each `trace` is a name in the folder that `use` has named last. */
export interface LibraryWork {
  /** This is the folder from now on; told as changes are what is gone and what is new. */
  use: { asked: { readonly dir: string }; answer: null };
  list: { asked: null; answer: readonly TraceEntry[] };
  open: { asked: { readonly trace: string }; answer: PackedView };
  packets: {
    asked: { readonly trace: string; readonly from: number; readonly to: number };
    answer: readonly PacketRow[];
  };
  annotate: {
    asked: { readonly trace: string; readonly notes: TraceNotes['notes'] };
    answer: TraceNotes;
  };
  pin: { asked: { readonly trace: string; readonly on: boolean }; answer: TraceNotes };
  remove: { asked: { readonly traces: readonly string[] }; answer: null };
  restore: { asked: { readonly traces: readonly string[] }; answer: null };
  /** Answered with the files written. */
  export: {
    asked: { readonly trace: string; readonly format: ExportFormat; readonly file: string };
    answer: readonly string[];
  };
  /** A `.sidetone` file, a capture or a trace's folder. Answered with the trace's name. */
  import: { asked: { readonly path: string }; answer: string };
  /**
   * The trace's call has begun, or ended: once it is there, or its recorder has completed it, it is read anew and told
   * as a change.
   */
  refresh: {
    asked: { readonly trace: string; readonly until: 'there' | 'ended' };
    answer: TraceEntry | null;
  };
  sweep: { asked: { readonly rules: RetentionRules; readonly nowMs: number }; answer: null };
  /** Deletes for good what was removed; then the thread ends. */
  close: { asked: null; answer: null };
}
export type LibraryJob = keyof LibraryWork;

/** One job with what is asked. */
export type LibraryRequest = {
  [Job in LibraryJob]: { readonly id: number; readonly job: Job; readonly asked: LibraryWork[Job]['asked'] };
}[LibraryJob];

/** What the thread is started with. */
export interface LibraryStart {
  readonly dir: string;
  /** Of this program: who made the traces that are made of captures. */
  readonly version: string;
  /** The app has just started: what it had removed when it last ran goes for good. */
  readonly first: boolean;
}

export type LibraryMessage =
  | { readonly type: 'answer'; readonly id: number; readonly answer: LibraryWork[LibraryJob]['answer'] }
  | { readonly type: 'failure'; readonly id: number; readonly problem: Problem }
  | { readonly type: 'changed'; readonly changes: readonly TraceChange[] };
