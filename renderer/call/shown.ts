import { useShallow } from 'zustand/react/shallow';
import type { CallSummary } from '../../backend/fold/types.ts';
import { useCalls, type CallEntry } from '../state/calls.ts';
import { callRows, rowOf, type CallRow } from './legs.ts';

/** What the Call screen reads of the calls, each so that a component is drawn anew only for what it shows. */

type Calls = ReadonlyMap<string, CallEntry>;

/** Of a summary, what does not change with every event. */
export type CallFacts = Omit<CallSummary, 'durationMs' | 'lost' | 'jitterMs'>;

const rowsOf = new WeakMap<Calls, readonly CallRow[]>();

function rowsNow(calls: Calls): readonly CallRow[] {
  const known = rowsOf.get(calls);
  if (known) return known;
  const rows = callRows([...calls.values()].map(({ summary }) => summary));
  rowsOf.set(calls, rows);
  return rows;
}

export function useCallRows(): readonly CallRow[] {
  return useCalls(({ calls }) => rowsNow(calls));
}

/** Calls going on; two legs of one count once. */
export function useCallsGoingOn(): number {
  return useCalls(({ calls }) => rowsNow(calls).filter(({ shown }) => shown.state === 'live').length);
}

/** All rows and the one on show; -1: none. */
export function shownRow(): { readonly rows: readonly CallRow[]; readonly index: number } {
  const { calls, selected } = useCalls.getState();
  const rows = rowsNow(calls);
  const shown = rowOf(rows, selected);
  return { rows, index: shown ? rows.indexOf(shown) : -1 };
}

/** Ids of the legs on show; null: none. */
export interface ShownLegs {
  readonly shown: string | null;
  readonly other: string | null;
}

export function useShownLegs(): ShownLegs {
  return useCalls(
    useShallow(({ calls, selected }) => {
      const row = rowOf(rowsNow(calls), selected);
      return { shown: row?.shown.id ?? null, other: row?.other?.id ?? null };
    }),
  );
}

export function useCallFacts(id: string | null): CallFacts | null {
  return useCalls(
    useShallow(({ calls }) => {
      const summary = id === null ? undefined : calls.get(id)?.summary;
      if (!summary) return null;
      const { durationMs: _durationMs, lost: _lost, jitterMs: _jitterMs, ...facts } = summary;
      return facts;
    }),
  );
}
