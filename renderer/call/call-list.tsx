import { memo, type ReactNode } from 'react';
import { useTexts } from '../base/text.ts';
import { lanesText } from '../lanes/text.ts';
import { selectCall } from '../state/calls.ts';
import { CallLength } from './call-length.tsx';
import './call.css';
import { useCallRows, useCallsGoingOn } from './shown.ts';
import { CallState } from './call-state.tsx';
import { otherName, partyName } from './names.ts';
import { callText } from './text.ts';

/** The calls, those going on first. */
export function CallList({ shown }: { readonly shown: string | null }): ReactNode {
  const t = useTexts(callText);
  const rows = useCallRows();
  const going = useCallsGoingOn();
  return (
    <nav className="call-list" aria-label={t.calls}>
      <h2 className="call-list-head">
        {t.calls}
        <span className="call-faint">{going > 0 && t.going(going)}</span>
      </h2>
      <ul>
        {rows.map((row) => (
          <Row
            key={row.shown.id}
            id={row.shown.id}
            party={row.shown.party}
            peer={row.shown.peer}
            otherParty={row.other?.party ?? null}
            ended={row.shown.state === 'ended'}
            worstMs={row.shown.worstLatencyMs}
            selected={row.shown.id === shown}
          />
        ))}
      </ul>
    </nav>
  );
}

interface RowProps {
  readonly id: string;
  readonly party: string;
  readonly peer: string;
  readonly otherParty: string | null;
  readonly ended: boolean;
  readonly worstMs: number | null;
  readonly selected: boolean;
}

const Row = memo(function Row({
  id,
  party,
  peer,
  otherParty,
  ended,
  worstMs,
  selected,
}: RowProps): ReactNode {
  const t = useTexts(callText);
  const lanes = useTexts(lanesText);
  return (
    <li>
      <button
        type="button"
        className={ended ? 'call-row call-row-ended' : 'call-row'}
        aria-current={selected}
        onClick={() => selectCall(id)}
      >
        <span className="call-row-name">{partyName(party, t)}</span>
        <span className="call-row-length tabular" title={t.length}>
          <CallLength id={id} />
        </span>
        <span className="call-row-state">
          <CallState id={id} />
          <span
            className={otherParty === null ? 'call-row-peer' : 'call-row-peer call-row-other'}
            title={peer}
          >
            {otherParty === null ? peer : otherName(otherParty, t)}
          </span>
        </span>
        <span className="call-row-worst tabular" title={t.worst}>
          {worstMs !== null && lanes.ms(worstMs.toFixed(0))}
        </span>
      </button>
    </li>
  );
});
