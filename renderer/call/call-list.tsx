import { MicOff } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import type { LineView } from '../../backend/contract/sip.ts';
import { useTexts } from '../base/text.ts';
import { lanesText } from '../lanes/text.ts';
import { selectCall } from '../state/calls.ts';
import { CallLength } from './call-length.tsx';
import './call.css';
import { CallState } from './call-state.tsx';
import { Direction } from './direction.tsx';
import { LineState } from './line-state.tsx';
import { lineState } from './line-words.ts';
import { otherName, partyName } from './names.ts';
import { remoteName, shortUri } from './remote.ts';
import { isGoingOn } from './rows.ts';
import { useListRows } from './shown.ts';
import { callText } from './text.ts';

/** The calls, those going on first. `shown`: the one on show. */
export function CallList({ shown }: { readonly shown: string | null }): ReactNode {
  const rows = useListRows();
  return (
    <ul>
      {rows.map((row) => (
        <Row
          key={row.id}
          id={row.id}
          line={row.line}
          party={row.call?.shown.party ?? null}
          peer={row.call?.shown.peer ?? ''}
          otherParty={row.call?.other?.party ?? null}
          ended={!isGoingOn(row)}
          muted={row.call !== null && (row.call.shown.muted || row.call.other?.muted === true)}
          worstMs={row.call?.shown.worstLatencyMs ?? null}
          selected={row.id === shown}
        />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly id: string;
  readonly line: LineView | null;
  /** Who is on our side; null: nobody yet. */
  readonly party: string | null;
  readonly peer: string;
  readonly otherParty: string | null;
  readonly ended: boolean;
  readonly muted: boolean;
  readonly worstMs: number | null;
  readonly selected: boolean;
}

const Row = memo(function Row(props: RowProps): ReactNode {
  const { id, line, party, ended, muted, worstMs, selected } = props;
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
        <span className="call-row-name">
          {line && <Direction direction={line.direction} />}
          {line ? remoteName(line) : partyName(party ?? '', t)}
        </span>
        <span className="call-row-length tabular" title={t.length}>
          {muted && !ended && <MicOff className="ui-icon call-muted" role="img" aria-label={t.muted} />}
          {party !== null && <CallLength id={id} />}
        </span>
        <span className="call-row-state">
          {line && (party === null || (!ended && lineState(line) !== null)) ? (
            <LineState line={line} />
          ) : (
            <CallState id={id} />
          )}
          <RowPeer {...props} />
        </span>
        <span className="call-row-worst tabular" title={t.worst}>
          {worstMs !== null && lanes.ms(worstMs.toFixed(0))}
        </span>
      </button>
    </li>
  );
});

/** Who else is on it, in small. */
function RowPeer({ line, party, peer, otherParty }: RowProps): ReactNode {
  const t = useTexts(callText);
  if (otherParty !== null) {
    return (
      <span className="call-row-peer call-row-other" title={peer}>
        {otherName(otherParty, t)}
      </span>
    );
  }
  const uri = line === null ? '' : shortUri(line.remote.uri);
  // Who it is stands above already, if they have no name.
  const alone = line === null || uri === remoteName(line) ? '' : uri;
  const text = line === null ? peer : party === null ? alone : partyName(party, t);
  return (
    <span className="call-row-peer" title={line === null ? peer : uri}>
      {text}
    </span>
  );
}
