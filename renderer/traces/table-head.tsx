import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { useTexts } from '../base/text.ts';
import { COLUMNS, sortedBy, type Column } from './listing.ts';
import { select, useTable } from './table-state.ts';
import { tracesText } from './text.ts';

const TITLES: Partial<Record<Column, 'interruptionsTitle' | 'worstTitle'>> = {
  interruptions: 'interruptionsTitle',
  worst: 'worstTitle',
};

/** The columns' names; each sorts by its column. */
export function TableHead({ rows }: { readonly rows: readonly TraceEntry[] }): ReactNode {
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
