import { create } from 'zustand';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { NO_FILTER, type Filter, type Sorting } from './listing.ts';

interface TableState {
  readonly filter: Filter;
  readonly sorting: Sorting;
  /** Ids. */
  readonly selected: ReadonlySet<string>;
  /** The row that keys act on; null: the first. */
  readonly active: string | null;
}

/** Stays while a trace is looked at, and another screen. */
export const useTable = create<TableState>(() => ({
  filter: NO_FILTER,
  sorting: { column: 'started', descending: true },
  selected: new Set(),
  active: null,
}));

export function changeFilter(change: Partial<Filter>): void {
  useTable.setState(({ filter }) => ({ filter: { ...filter, ...change } }));
}

export function select(ids: Iterable<string>): void {
  useTable.setState({ selected: new Set(ids) });
}

export function toggleSelected(id: string): void {
  const selected = new Set(useTable.getState().selected);
  if (!selected.delete(id)) selected.add(id);
  useTable.setState({ selected, active: id });
}

/** Selects all rows from the active one to `id`. */
export function selectTo(rows: readonly TraceEntry[], id: string): void {
  const from = Math.max(
    0,
    rows.findIndex((row) => row.id === useTable.getState().active),
  );
  const to = rows.findIndex((row) => row.id === id);
  if (to < 0) return;
  const { selected } = useTable.getState();
  const stretch = rows.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.id);
  useTable.setState({ selected: new Set([...selected, ...stretch]), active: id });
}
