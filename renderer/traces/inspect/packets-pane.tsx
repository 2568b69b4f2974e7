import { useEffect, useMemo, useState, type ReactNode } from 'react';
import type { PacketRow, TraceView } from '../../../backend/contract/traces.ts';
import { useTexts } from '../../base/text.ts';
import { ask } from '../../bridge/bridge.ts';
import { moment } from '../../call/figures.ts';
import { milliseconds, seconds } from '../../lanes/figures.ts';
import { useFollowingList } from './following-list.ts';
import { indexAt } from './near.ts';
import type { Stretch } from './inspector.tsx';
import { inspectText } from './text.ts';
import { pageOf, troubleIn } from './wire.ts';

interface PacketsPaneProps {
  readonly view: TraceView;
  readonly cursorMs: number;
  readonly selection: Stretch | null;
  readonly onSeek: (ms: number) => void;
}

const ROW_PX = 20;

/** Each packet round the cursor, or of the selection: when it came, what was missing before it. */
export function PacketsPane({ view, cursorMs, selection, onSeek }: PacketsPaneProps): ReactNode {
  const t = useTexts(inspectText);
  const { from, to } = selection ?? pageOf(cursorMs);
  const { rows, problem } = usePackets(view.entry.id, from, to);
  const trouble = useMemo(() => troubleIn(view.events, from, to), [view.events, from, to]);
  const current = rows === null ? 0 : indexAt(rows, cursorMs);
  const { scroller, virtual } = useFollowingList(rows?.length ?? 0, current, ROW_PX);
  return (
    <div className="inspect-split">
      <div className="inspect-bar inspect-dim">
        <span className="tabular">{t.stretch(moment(from), moment(to))}</span>
        {trouble.concealed > 0 && (
          <span className="inspect-warning">
            {t.concealed(trouble.concealed, milliseconds(trouble.concealedMs))}
          </span>
        )}
        {trouble.stalls > 0 && (
          <span className="inspect-warning">{t.stalled(trouble.stalls, milliseconds(trouble.latestMs))}</span>
        )}
      </div>
      <div className="inspect-packet inspect-packet-head" aria-hidden>
        <span>{t.at}</span>
        <span>{t.side}</span>
        <span>{t.sequence}</span>
        <span>{t.timestamp}</span>
        <span>{t.delta}</span>
        <span>{t.gap}</span>
        <span>{t.bytes}</span>
        <span>{t.about}</span>
      </div>
      {problem !== null && <p className="inspect-nothing">{`${t.notRead}: ${problem}`}</p>}
      {problem === null && rows === null && <p className="inspect-nothing">{t.reading}</p>}
      {rows?.length === 0 && <p className="inspect-nothing">{t.noPackets}</p>}
      <div ref={scroller} className="inspect-scroll" role="listbox" aria-label={t.packets} tabIndex={0}>
        <div className="inspect-canvas" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows?.[index];
            return (
              row && (
                <PacketLine key={index} row={row} top={start} current={index === current} onSeek={onSeek} />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface PacketLineProps {
  readonly row: PacketRow;
  readonly top: number;
  readonly current: boolean;
  readonly onSeek: (ms: number) => void;
}

function PacketLine({ row, top, current, onSeek }: PacketLineProps): ReactNode {
  const t = useTexts(inspectText);
  const { at, side, kind, sequence, timestamp, payloadType, marker, bytes, deltaMs, gap, about } = row;
  const what = [
    about === '' ? null : about,
    marker ? t.marker : null,
    about === '' && payloadType !== null ? t.payload(payloadType) : null,
  ].filter((part) => part !== null);
  return (
    <button
      type="button"
      role="option"
      className={`inspect-packet inspect-packet-${side}${gap > 0 ? ' inspect-packet-gap' : ''}`}
      aria-selected={current}
      style={{ transform: `translateY(${top}px)`, height: ROW_PX }}
      onClick={() => onSeek(at)}
    >
      <span>{seconds(at)}</span>
      <span>{t[side]}</span>
      <span>{sequence ?? ''}</span>
      <span>{timestamp ?? ''}</span>
      <span>{deltaMs === null ? '' : deltaMs.toFixed(2)}</span>
      <span>{gap > 0 ? gap : ''}</span>
      <span>{bytes}</span>
      <span>{kind === 'rtp' ? what.join(', ') : [kind.toUpperCase(), ...what].join(' ')}</span>
    </button>
  );
}

interface Packets {
  /** null: still being read. */
  readonly rows: readonly PacketRow[] | null;
  readonly problem: string | null;
}

function usePackets(trace: string, from: number, to: number): Packets {
  const [packets, setPackets] = useState<Packets>({ rows: null, problem: null });
  useEffect(() => {
    let wanted = true;
    ask('trace.packets', { trace, from, to }).then(
      (rows) => wanted && setPackets({ rows, problem: null }),
      (error: unknown) =>
        wanted && setPackets({ rows: null, problem: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [trace, from, to]);
  return packets;
}
