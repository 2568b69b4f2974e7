import { GitCompareArrows, Import, Pin, PinOff, RotateCcw, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { TraceEntry, TraceState } from '../../backend/contract/traces.ts';
import { useCommands } from '../base/commands.ts';
import { useTexts } from '../base/text.ts';
import { compareTraces, importTrace, pinTraces } from '../state/traces.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Select, TextInput } from '../ui/field.tsx';
import { isFiltered, NO_FILTER, partiesOf, type Filter } from './listing.ts';
import { whoWas } from './names.ts';
import { ReplayDialog } from './replay/replay-dialog.tsx';
import { changeFilter, useTable } from './table-state.ts';
import { tracesText } from './text.ts';

interface TableToolsProps {
  readonly entries: readonly TraceEntry[];
  readonly rows: readonly TraceEntry[];
  readonly onDelete: (traces: readonly TraceEntry[]) => void;
}

const STATES: readonly TraceState[] = ['complete', 'going_on', 'cut', 'abrupt', 'damaged'];

/** Above the table: what to look for, and what to do with what is selected. */
export function TableTools({ entries, rows, onDelete }: TableToolsProps): ReactNode {
  const t = useTexts(tracesText);
  const { filter, selected } = useTable();
  const chosen = rows.filter(({ id }) => selected.has(id));
  const search = useRef<HTMLDivElement>(null);
  useCommands([
    {
      id: 'traces.search',
      title: t.search,
      keys: 'mod+f',
      run: () => search.current?.querySelector('input')?.focus(),
    },
  ]);
  const states: readonly { readonly value: Filter['state']; readonly label: string }[] = [
    { value: 'any', label: t.anyState },
    ...STATES.map((value) => ({ value, label: t[value] })),
  ];
  return (
    <header className="traces-tools">
      <div ref={search} className="traces-search" role="search">
        <TextInput
          type="search"
          value={filter.search}
          onChange={(text) => changeFilter({ search: text })}
          placeholder={t.search}
          ariaLabel={t.search}
        />
      </div>
      <Select
        value={filter.party}
        onChange={(party) => changeFilter({ party })}
        ariaLabel={t.whose}
        options={[
          { value: '', label: t.anyone },
          ...partiesOf(entries).map((party) => ({ value: party, label: whoWas(party, t) })),
        ]}
      />
      <Select
        value={filter.state}
        onChange={(state) => changeFilter({ state })}
        ariaLabel={t.ofState}
        options={states}
      />
      <WorstFilter />
      <IconButton
        icon={Pin}
        label={t.pinnedOnly}
        pressed={filter.pinned}
        onClick={() => changeFilter({ pinned: !filter.pinned })}
      />
      {isFiltered(filter) && (
        <Button variant="quiet" onClick={() => changeFilter(NO_FILTER)}>
          {t.clearFilter}
        </Button>
      )}
      <span className="traces-tools-end">
        {chosen.length === 0 ? (
          <span className="traces-count tabular" role="status">
            {t.shown(rows.length, entries.length)}
          </span>
        ) : (
          <Chosen chosen={chosen} onDelete={onDelete} />
        )}
        <Button icon={Import} title={t.importTitle} onClick={() => void importTrace(null)}>
          {t.import}
        </Button>
      </span>
    </header>
  );
}

/** Typed as it is, so that it can be empty and half written. */
function WorstFilter(): ReactNode {
  const t = useTexts(tracesText);
  const worstOver = useTable(({ filter }) => filter.worstOver);
  const [typed, setTyped] = useState(worstOver === null ? '' : String(worstOver));
  useEffect(() => {
    if (worstOver === null) setTyped((before) => (numberIn(before) === null ? before : ''));
  }, [worstOver]);
  return (
    <div className="traces-worst">
      <TextInput
        value={typed}
        invalid={typed.trim() !== '' && numberIn(typed) === null}
        onChange={(text) => {
          setTyped(text);
          changeFilter({ worstOver: numberIn(text) });
        }}
        placeholder={t.worstOverPlaceholder}
        ariaLabel={t.worstOver}
      />
    </div>
  );
}

function numberIn(text: string): number | null {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : null;
}

interface ChosenProps {
  readonly chosen: readonly TraceEntry[];
  readonly onDelete: (traces: readonly TraceEntry[]) => void;
}

function Chosen({ chosen, onDelete }: ChosenProps): ReactNode {
  const t = useTexts(tracesText);
  const [replayed, setReplayed] = useState<string | null>(null);
  const [first, second] = chosen;
  const pins = chosen.some(({ pinned }) => !pinned);
  return (
    <span className="traces-chosen">
      <span className="traces-count tabular" role="status">
        {t.selected(chosen.length)}
      </span>
      {first && second && chosen.length === 2 && (
        <Button
          icon={GitCompareArrows}
          // The older one is what the newer one is compared with.
          onClick={() =>
            void (first.startedMs <= second.startedMs
              ? compareTraces(first.id, second.id)
              : compareTraces(second.id, first.id))
          }
        >
          {t.compare}
        </Button>
      )}
      {first && chosen.length === 1 && first.origin !== 'import' && (
        <Button icon={RotateCcw} onClick={() => setReplayed(first.id)}>
          {t.replayIt}
        </Button>
      )}
      <Button
        icon={pins ? Pin : PinOff}
        onClick={() =>
          void pinTraces(
            chosen.map(({ id }) => id),
            pins,
          )
        }
      >
        {pins ? t.pinShort : t.unpin}
      </Button>
      <Button icon={Trash2} onClick={() => onDelete(chosen)}>
        {t.delete}
      </Button>
      <ReplayDialog
        trace={replayed}
        onClose={() => setReplayed(null)}
        onCompare={(original, replay) => void compareTraces(original, replay)}
      />
    </span>
  );
}
