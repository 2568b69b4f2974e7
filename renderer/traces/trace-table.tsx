import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, AudioLines, SearchX } from 'lucide-react';
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { isMac } from '../base/keys.ts';
import { useTexts } from '../base/text.ts';
import { placeDemoCall } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { openTrace, pinTraces, useTraceStore } from '../state/traces.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/panel.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { COLUMNS, filtered, isFiltered, NO_FILTER, sorted, sortedBy, type Column } from './listing.ts';
import { TableRow } from './table-row.tsx';
import { changeFilter, select, selectTo, toggleSelected, useTable } from './table-state.ts';
import { TableTools } from './table-tools.tsx';
import { tracesText } from './text.ts';
import './traces.css';

/** As tokens.css has a row's height. */
const ROW_PX = 28;
const SPARE_ROWS = 12;

/** All traces: searched, filtered, sorted, opened. */
export function TraceTable(): ReactNode {
  const t = useTexts(tracesText);
  const entries = useTraceStore((traces) => traces.entries);
  const { filter, sorting } = useTable();
  const rows = useMemo(
    () => (entries === null ? null : sorted(filtered(entries, filter), sorting)),
    [entries, filter, sorting],
  );
  const [deleting, setDeleting] = useState<readonly TraceEntry[] | null>(null);
  if (entries === null || rows === null) {
    return (
      <p className="traces-wait" role="status">
        {t.reading}
      </p>
    );
  }
  return (
    <div className="traces-list">
      <TableTools entries={entries} rows={rows} onDelete={setDeleting} />
      {entries.length === 0 ? (
        <NoTraces />
      ) : rows.length === 0 ? (
        <Empty
          icon={SearchX}
          title={t.nothingFound}
          text={t.nothingFoundText}
          actions={<Button onClick={() => changeFilter(NO_FILTER)}>{t.clearFilter}</Button>}
        />
      ) : (
        <Rows rows={rows} search={isFiltered(filter) ? filter.search : ''} onDelete={setDeleting} />
      )}
      <DeleteDialog traces={deleting} onClose={() => setDeleting(null)} />
    </div>
  );
}

function NoTraces(): ReactNode {
  const t = useTexts(tracesText);
  const recorded = useApp(({ settings }) => settings?.recordings.on ?? true);
  return (
    <Empty
      icon={AudioLines}
      title={t.emptyTitle}
      text={recorded ? t.emptyText : t.emptyOff}
      actions={
        recorded && (
          <Button variant="primary" onClick={() => void placeDemoCall()}>
            {t.placeDemo}
          </Button>
        )
      }
    />
  );
}

interface RowsProps {
  readonly rows: readonly TraceEntry[];
  readonly search: string;
  readonly onDelete: (traces: readonly TraceEntry[]) => void;
}

/** Only the rows in sight are elements: thousands scroll as well as ten. */
function Rows({ rows, search, onDelete }: RowsProps): ReactNode {
  const t = useTexts(tracesText);
  const { selected, active } = useTable();
  const pane = useRef<HTMLDivElement>(null);
  const own = useId();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => pane.current,
    estimateSize: () => ROW_PX,
    overscan: SPARE_ROWS,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const activeIndex = Math.max(
    0,
    rows.findIndex(({ id }) => id === active),
  );
  const activeId = rows[activeIndex]?.id ?? null;

  const press = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget) return;
    const taken = pressed(event, rows, activeIndex, onDelete, (index) => virtual.scrollToIndex(index));
    if (!taken) return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      className="traces-table"
      role="grid"
      aria-label={t.traces}
      aria-rowcount={rows.length + 1}
      aria-multiselectable
      aria-activedescendant={activeId === null ? undefined : `${own}-${activeId}`}
      tabIndex={0}
      onKeyDown={press}
    >
      <Head rows={rows} />
      <div ref={pane} className="traces-rows" role="rowgroup" tabIndex={-1}>
        <div className="traces-rows-all" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const entry = rows[index];
            return (
              entry && (
                <TableRow
                  key={entry.id}
                  domId={`${own}-${entry.id}`}
                  entry={entry}
                  index={index}
                  top={start}
                  search={search}
                  selected={selected.has(entry.id)}
                  active={entry.id === activeId}
                  onPick={(event) => pick(event, rows, entry)}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** A plain click opens; with Control, Command or Shift it selects. */
function pick(
  event: { readonly ctrlKey: boolean; readonly metaKey: boolean; readonly shiftKey: boolean },
  rows: readonly TraceEntry[],
  entry: TraceEntry,
): void {
  if (event.shiftKey) selectTo(rows, entry.id);
  else if (isMac ? event.metaKey : event.ctrlKey) toggleSelected(entry.id);
  else open(entry);
}

function open(entry: TraceEntry): void {
  useTable.setState({ active: entry.id });
  void openTrace(entry.id);
}

/** What a key does in the table. Returns whether it does anything. */
function pressed(
  event: KeyboardEvent,
  rows: readonly TraceEntry[],
  at: number,
  onDelete: RowsProps['onDelete'],
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

const TITLES: Partial<Record<Column, 'interruptionsTitle' | 'worstTitle'>> = {
  interruptions: 'interruptionsTitle',
  worst: 'worstTitle',
};

function Head({ rows }: { readonly rows: readonly TraceEntry[] }): ReactNode {
  const t = useTexts(tracesText);
  const { sorting, selected } = useTable();
  const all = selected.size > 0 && rows.every(({ id }) => selected.has(id));
  return (
    <div className="traces-row traces-head" role="row" aria-rowindex={1}>
      <span role="columnheader" className="traces-cell-check">
        <input
          type="checkbox"
          checked={all}
          aria-label={t.selectAll}
          title={t.selectAll}
          onChange={() => select(all ? [] : rows.map(({ id }) => id))}
        />
      </span>
      {COLUMNS.map((column) => {
        const own = sorting.column === column;
        const Arrow = sorting.descending ? ArrowDown : ArrowUp;
        const title = TITLES[column];
        return (
          <span
            key={column}
            role="columnheader"
            className={`traces-cell-${column}`}
            aria-sort={own ? (sorting.descending ? 'descending' : 'ascending') : undefined}
          >
            <button
              type="button"
              className="traces-sort"
              title={title === undefined ? undefined : t[title]}
              onClick={() => useTable.setState({ sorting: sortedBy(sorting, column) })}
            >
              {t[column]}
              {own && <Arrow className="ui-icon" aria-hidden />}
            </button>
          </span>
        );
      })}
      <span role="columnheader" className="traces-cell-said">
        {t.said}
      </span>
    </div>
  );
}
