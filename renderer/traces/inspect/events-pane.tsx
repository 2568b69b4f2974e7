import { useDeferredValue, useMemo, useState, type ReactNode } from 'react';
import type { CallEvent } from '../../../backend/contract/events.ts';
import { useTexts } from '../../base/text.ts';
import { seconds } from '../../lanes/figures.ts';
import { TextInput } from '../../ui/field.tsx';
import { eventRows, matching } from './event-rows.ts';
import { useFollowingList } from './following-list.ts';
import { indexAt } from './near.ts';
import { inspectText } from './text.ts';

interface EventsPaneProps {
  readonly events: readonly CallEvent[];
  readonly cursorMs: number;
  readonly onSeek: (ms: number) => void;
}

const ROW_PX = 22;

/** The log itself. The list follows the cursor; the event under it, or one that was chosen, is shown whole. */
export function EventsPane({ events, cursorMs, onSeek }: EventsPaneProps): ReactNode {
  const t = useTexts(inspectText);
  const [filter, setFilter] = useState('');
  const wanted = useDeferredValue(filter);
  const all = useMemo(() => eventRows(events), [events]);
  const rows = useMemo(() => matching(all, wanted), [all, wanted]);
  const current = indexAt(rows, useDeferredValue(cursorMs));
  const [chosen, setChosen] = useState<number | null>(null);
  const { scroller, virtual } = useFollowingList(rows.length, current, ROW_PX);
  const shown = rows.find(({ event }) => event.seq === chosen) ?? rows[current];
  return (
    <div className="inspect-split">
      <div className="inspect-bar">
        <TextInput value={filter} onChange={setFilter} placeholder={t.filter} ariaLabel={t.filter} />
        <span className="inspect-dim tabular">{t.count(rows.length, all.length)}</span>
      </div>
      {rows.length === 0 && <p className="inspect-nothing">{t.noEvents}</p>}
      <div ref={scroller} className="inspect-scroll" role="listbox" aria-label={t.events} tabIndex={0}>
        <div className="inspect-canvas" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <button
                key={row.event.seq}
                type="button"
                role="option"
                className="inspect-event"
                aria-selected={row === shown}
                style={{ transform: `translateY(${start}px)`, height: ROW_PX }}
                onClick={() => {
                  setChosen(row.event.seq);
                  onSeek(row.at);
                }}
              >
                <span className="inspect-at tabular">{seconds(row.at)}</span>
                <span className="inspect-kind">{row.event.type}</span>
                <span className="inspect-content">{row.content}</span>
              </button>
            );
          })}
        </div>
      </div>
      {shown && <pre className="inspect-pre inspect-json">{JSON.stringify(shown.event, null, 2)}</pre>}
    </div>
  );
}
