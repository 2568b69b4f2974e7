import type { KeyboardEvent, MouseEvent } from 'react';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { isMac } from '../base/keys.ts';
import { openTrace, pinTraces } from '../state/traces.ts';
import { select, selectTo, toggleSelected, useTable } from './table-state.ts';

/** What clicks and keys do in the table. */

/** A plain click opens; with Control, Command or Shift it selects. */
export function pick(event: MouseEvent, rows: readonly TraceEntry[], entry: TraceEntry): void {
  if (event.shiftKey) selectTo(rows, entry.id);
  else if (isMac ? event.metaKey : event.ctrlKey) toggleSelected(entry.id);
  else open(entry);
}

function open(entry: TraceEntry): void {
  useTable.setState({ active: entry.id });
  void openTrace(entry.id);
}

/** What a key does in the table. Returns whether it does anything. */
export function pressed(
  event: KeyboardEvent,
  rows: readonly TraceEntry[],
  at: number,
  onDelete: (traces: readonly TraceEntry[]) => void,
  scrollTo: (index: number) => void,
): boolean {
  const entry = rows[at];
  if (entry === undefined || event.altKey) return false;
  const chosen = rows.filter(({ id }) => useTable.getState().selected.has(id));
  const meant = chosen.length > 0 ? chosen : [entry];
  const mod = isMac ? event.metaKey : event.ctrlKey;
  if (mod) {
    if (event.code !== 'KeyA') return false;
    select(rows.map(({ id }) => id));
    return true;
  }
  const target = movedTo(event.key, at, rows.length);
  if (target !== null) {
    const to = rows[target];
    if (to === undefined) return true;
    if (event.shiftKey) selectTo(rows, to.id);
    else useTable.setState({ active: to.id });
    scrollTo(target);
    return true;
  }
  switch (event.code) {
    case 'Enter':
    case 'NumpadEnter':
      open(entry);
      return true;
    case 'Space':
    case 'KeyX':
      toggleSelected(entry.id);
      return true;
    case 'Delete':
    case 'Backspace':
      onDelete(meant);
      return true;
    case 'KeyP':
      void pinTraces(
        meant.map(({ id }) => id),
        meant.some(({ pinned }) => !pinned),
      );
      return true;
    case 'Escape':
      if (chosen.length === 0) return false;
      select([]);
      return true;
    default:
      return false;
  }
}

const PAGE_ROWS = 15;

function movedTo(key: string, at: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(count - 1, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'PageDown':
      return Math.min(count - 1, at + PAGE_ROWS);
    case 'PageUp':
      return Math.max(0, at - PAGE_ROWS);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
