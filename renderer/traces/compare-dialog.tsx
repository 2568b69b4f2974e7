import { useMemo, useState, type ReactNode } from 'react';
import type { TraceEntry } from '../../backend/contract/traces.ts';
import { useLanguage, useTexts } from '../base/text.ts';
import { clock } from '../call/figures.ts';
import { compareTraces, useTraceStore } from '../state/traces.ts';
import { Dialog } from '../ui/dialog.tsx';
import { TextInput } from '../ui/field.tsx';
import { Badge } from '../ui/panel.tsx';
import { shortTime } from './figures.ts';
import { otherTraces } from './listing.ts';
import { originName, whoWas } from './names.ts';
import { tracesText } from './text.ts';

interface CompareDialogProps {
  /** null: closed. */
  readonly with: TraceEntry | null;
  readonly onClose: () => void;
}

const MOST_SHOWN = 100;

/** Which other trace: its replays and its original first, then calls of the same party, newest first. */
export function CompareDialog({ with: trace, onClose }: CompareDialogProps): ReactNode {
  const t = useTexts(tracesText);
  return (
    <Dialog open={trace !== null} onClose={onClose} title={t.compareTitle}>
      {trace && <Others trace={trace} onClose={onClose} />}
    </Dialog>
  );
}

function Others({ trace, onClose }: { readonly trace: TraceEntry; readonly onClose: () => void }): ReactNode {
  const t = useTexts(tracesText);
  const language = useLanguage((texts) => texts.language);
  const entries = useTraceStore((traces) => traces.entries);
  const [search, setSearch] = useState('');
  const others = useMemo(
    () => otherTraces(entries ?? [], trace, search).slice(0, MOST_SHOWN),
    [entries, trace, search],
  );
  const choose = (other: TraceEntry): void => {
    onClose();
    const [left, right] = other.startedMs < trace.startedMs ? [other, trace] : [trace, other];
    void compareTraces(left.id, right.id);
  };
  return (
    <div className="traces-others">
      <TextInput
        type="search"
        value={search}
        onChange={setSearch}
        onSubmit={() => others[0] && choose(others[0])}
        placeholder={t.compareSearch}
        ariaLabel={t.compareSearch}
        autoFocus
      />
      {others.length === 0 && <p className="traces-none">{t.compareNone}</p>}
      <ul className="traces-menu">
        {others.map((other) => {
          const origin = originName(other, t);
          return (
            <li key={other.id}>
              <button type="button" onClick={() => choose(other)}>
                <span className="tabular">{shortTime(other.startedMs, language, Date.now())}</span>
                <span className="traces-others-who">
                  {whoWas(other.party, t)} {origin !== null && <Badge tone="system">{origin}</Badge>}
                </span>
                <span className="tabular traces-faint">
                  {other.durationMs === null ? '' : clock(other.durationMs)}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
