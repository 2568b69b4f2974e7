import { Pin, StickyNote } from 'lucide-react';
import { memo, type MouseEvent, type ReactNode } from 'react';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { useLanguage, useTexts } from '../base/text.ts';
import { clock } from '../call/figures.ts';
import { Badge } from '../ui/panel.tsx';
import { longTime, shortTime } from './figures.ts';
import { excerpt } from './listing.ts';
import { originName, STATE_TONES, whoWas } from './names.ts';
import { toggleSelected } from './table-state.ts';
import { tracesText } from './text.ts';

interface TableRowProps {
  readonly domId: string;
  readonly entry: TraceEntry;
  readonly index: number;
  /** Where it stands among all rows, px. */
  readonly top: number;
  readonly search: string;
  readonly selected: boolean;
  readonly active: boolean;
  readonly onPick: (event: MouseEvent) => void;
}

/** One trace. */
export const TableRow = memo(
  function TableRow({
    domId,
    entry,
    index,
    top,
    search,
    selected,
    active,
    onPick,
  }: TableRowProps): ReactNode {
    const t = useTexts(tracesText);
    const language = useLanguage((texts) => texts.language);
    const { state, durationMs, turns, interruptions, worstLatencyMs, party, peer, startedMs } = entry;
    const origin = originName(entry, t);
    const who = whoWas(party, t);
    return (
      <div
        id={domId}
        className="traces-row"
        role="row"
        aria-rowindex={index + 2}
        aria-selected={selected}
        data-active={active}
        data-trace={entry.id}
        style={{ transform: `translateY(${top}px)` }}
        onClick={onPick}
      >
        <span role="gridcell" className="traces-cell-check" onClick={(event) => event.stopPropagation()}>
          <input
            type="checkbox"
            tabIndex={-1}
            checked={selected}
            aria-label={t.select(`${who}, ${shortTime(startedMs, language, Date.now())}`)}
            onChange={() => toggleSelected(entry.id)}
          />
        </span>
        <span role="gridcell" className="tabular" title={longTime(startedMs, language)}>
          {shortTime(startedMs, language, Date.now())}
        </span>
        <span role="gridcell" className="traces-cell-party" title={who}>
          {who}
          {origin !== null && <Badge tone="system">{origin}</Badge>}
        </span>
        <span role="gridcell" className="traces-cell-peer mono" title={`${peer} ${entry.codec}`}>
          {peer}
        </span>
        <span role="gridcell" className="traces-cell-length tabular">
          {durationMs === null ? '–' : clock(durationMs)}
        </span>
        <span role="gridcell" className="traces-cell-turns tabular">
          {turns}
        </span>
        <span role="gridcell" className="traces-cell-interruptions tabular">
          {interruptions === 0 ? '–' : interruptions}
        </span>
        <span role="gridcell" className="traces-cell-worst tabular">
          {worstLatencyMs === null ? '–' : t.ms(worstLatencyMs.toFixed(0))}
        </span>
        <span role="gridcell" title={t[`${state}About`]}>
          {state === 'complete' ? (
            <span className="traces-faint">{t[state]}</span>
          ) : (
            <Badge tone={STATE_TONES[state]}>{t[state]}</Badge>
          )}
        </span>
        <span role="gridcell" className="traces-cell-notes tabular">
          {entry.pinned && <Pin className="ui-icon" role="img" aria-label={t.pinned} />}
          {entry.notes > 0 && (
            <>
              <StickyNote className="ui-icon" role="img" aria-label={t.notes} />
              {entry.notes}
            </>
          )}
        </span>
        <span role="gridcell" className="traces-cell-said">
          {excerpt(entry.text, search).map(({ text, match }, part) =>
            match ? <mark key={part}>{text}</mark> : text,
          )}
        </span>
      </div>
    );
  },
  // `onPick` is new at each scroll and does the same.
  (before, now) =>
    before.entry === now.entry &&
    before.index === now.index &&
    before.top === now.top &&
    before.search === now.search &&
    before.selected === now.selected &&
    before.active === now.active,
);
