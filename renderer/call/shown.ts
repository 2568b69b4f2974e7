import { useMemo } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { LineView } from '../../backend/contract/sip.ts';
import type { CallSummary } from '../../backend/fold/types.ts';
import { useCalls, type CallEntry } from '../state/calls.ts';
import { lineOf, usePhone } from '../state/phone.ts';
import { callRows, type CallRow } from './legs.ts';
import { isGoingOn, listRows, rowOf, type ListRow } from './rows.ts';

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

export function useListRows(): readonly ListRow[] {
  const calls = useCalls((state) => rowsNow(state.calls));
  const lines = usePhone((phone) => phone.lines);
  return useMemo(() => listRows(calls, lines), [calls, lines]);
}

/** Calls going on, ringing ones too; two legs of one count once. */
export function useCallsGoingOn(): number {
  const lines = usePhone((phone) => phone.lines);
  return useCalls(({ calls }) => listRows(rowsNow(calls), lines).filter(isGoingOn).length);
}

/** All rows and the one on show; -1: none. */
export function shownRow(): { readonly rows: readonly ListRow[]; readonly index: number } {
  const { calls, selected } = useCalls.getState();
  const rows = listRows(rowsNow(calls), usePhone.getState().lines);
  const shown = rowOf(rows, selected);
  return { rows, index: shown ? rows.indexOf(shown) : -1 };
}

/** What is on show; all null: nothing. */
export interface ShownLegs {
  /** Ids of the legs whose audio has begun. */
  readonly shown: string | null;
  readonly other: string | null;
  /** The call whose line it is: one of them, or one that has no audio. */
  readonly line: string | null;
}

export function useShownLegs(): ShownLegs {
  const lines = usePhone((phone) => phone.lines);
  return useCalls(
    useShallow(({ calls, selected }) => {
      const row = rowOf(listRows(rowsNow(calls), lines), selected);
      return {
        shown: row?.call?.shown.id ?? null,
        other: row?.call?.other?.id ?? null,
        line: row?.line?.call ?? row?.call?.shown.id ?? null,
      };
    }),
  );
}

/** A call's line, be it of the history; null: it has none. */
export function useLine(call: string | null): LineView | null {
  return usePhone((phone) => (call === null ? null : lineOf(phone, call)));
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
