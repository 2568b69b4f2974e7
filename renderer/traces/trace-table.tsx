import { useVirtualizer } from '@tanstack/react-virtual';
import { AudioLines, SearchX } from 'lucide-react';
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { useTexts } from '../base/text.ts';
import { placeDemoCall } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useTraceStore } from '../state/traces.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/panel.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { filtered, isFiltered, NO_FILTER, sorted } from './listing.ts';
import { TableHead } from './table-head.tsx';
import { pick, pressed } from './table-keys.ts';
import { TableRow } from './table-row.tsx';
import { changeFilter, useTable } from './table-state.ts';
import { TableTools } from './table-tools.tsx';
import { tracesText } from './text.ts';
import './traces.css';

/** As tokens.css has a row's height. */
const ROW_PX = 28;
/** On either side. More would be made anew in vain in each frame of a fast scroll. */
const SPARE_ROWS = 6;

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
      <TableHead rows={rows} />
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
