import type { ReactNode } from 'react';
import type { Waterfall } from '../../backend/fold/types.ts';
import { useTexts } from '../base/text.ts';
import { lookAt, point } from '../call/look.ts';
import { stageText } from '../call/stage-text.ts';
import { milliseconds } from '../lanes/figures.ts';
import { tracesText } from './text.ts';

interface MeasuredWaitProps {
  readonly wait: Pick<Waterfall, 'from' | 'to' | 'totalMs'>;
  /** Of the trace's turns, ms: its bar fills the row. */
  readonly longestMs: number;
  readonly callerClockMs: number | null;
}

/** A wait of which nothing is known but its length: no engine of ours took part. */
export function MeasuredWait({ wait, longestMs, callerClockMs }: MeasuredWaitProps): ReactNode {
  const t = useTexts(tracesText);
  const stages = useTexts(stageText);
  const show = (ms: number): string => t.ms(milliseconds(ms));
  const unmark = (): void => point(null);
  const mark = (): void => point(wait);
  return (
    <button
      type="button"
      className="traces-measured"
      aria-label={t.waited(show(wait.totalMs))}
      title={`${stages.wireSpan}${callerClockMs === null ? '' : ` ${t.callerClock(show(callerClockMs))}`}`}
      onClick={() => lookAt((wait.from + wait.to) / 2)}
      onPointerEnter={mark}
      onPointerLeave={unmark}
      onFocus={mark}
      onBlur={unmark}
    >
      <span className="traces-measured-track">
        <span style={{ width: `${(wait.totalMs / Math.max(longestMs, 1)) * 100}%` }} />
      </span>
      <span className="traces-measured-ms tabular">{show(wait.totalMs)}</span>
    </button>
  );
}
