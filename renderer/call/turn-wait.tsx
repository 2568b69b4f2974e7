import { ChevronRight } from 'lucide-react';
import { useId, useState, type CSSProperties, type ReactNode } from 'react';
import type { Waterfall } from '../../backend/fold/types.ts';
import { useTexts } from '../base/text.ts';
import { milliseconds } from '../lanes/figures.ts';
import { STAGE_COLOURS } from '../lanes/stages.ts';
import { lanesText } from '../lanes/text.ts';
import './call.css';
import { lookAt, point } from './look.ts';
import { partName, spanOf, stageText, type WaitPart } from './stage-text.ts';
import { waitBars, type WaitBar } from './waits.ts';

interface TurnWaitProps {
  readonly waterfall: Waterfall;
  /** Where the total comes from: the engine's own clock, or the recorded audio. */
  readonly measured?: 'engine' | 'wire';
}

/**
 * What the caller waited for an answer, and what the wait was made of: one bar, opened into a row for each stage.
 * What is pointed at is marked on the lanes.
 */
export function TurnWait({ waterfall, measured = 'engine' }: TurnWaitProps): ReactNode {
  const t = useTexts(stageText);
  const lanes = useTexts(lanesText);
  const [open, setOpen] = useState(false);
  const stagesId = useId();
  const show = (ms: number): string => lanes.ms(milliseconds(ms));
  const bars = waitBars(waterfall);
  const total = show(waterfall.totalMs);
  const parts = bars.map(({ part, ms }) => `${partName(t, lanes, part)} ${show(ms)}`).join(', ');
  return (
    <div className="call-wait" onPointerLeave={() => point(null)}>
      <button
        type="button"
        className="call-wait-line"
        aria-expanded={open}
        aria-controls={stagesId}
        aria-label={t.showStages(total, parts)}
        onClick={() => setOpen(!open)}
        onFocus={() => point(waterfall)}
        onBlur={() => point(null)}
      >
        <ChevronRight className="ui-icon call-wait-chevron" aria-hidden />
        <span className="call-wait-bar">
          {bars.map(
            (bar) =>
              bar.width > 0 && (
                <span
                  key={bar.part}
                  className="call-wait-piece"
                  style={pieceStyle(bar)}
                  title={`${partName(t, lanes, bar.part)}, ${show(bar.ms)}. ${spanOf(t, bar.part)}`}
                  onPointerEnter={() => point(bar)}
                />
              ),
          )}
        </span>
        <span
          className="call-wait-total tabular"
          title={`${t.total}. ${measured === 'wire' ? t.wireSpan : t.totalSpan}`}
          onPointerEnter={() => point(waterfall)}
        >
          {total}
        </span>
      </button>
      {open && <Stages id={stagesId} {...{ waterfall, measured, bars, show }} />}
    </div>
  );
}

interface StagesProps {
  readonly id: string;
  readonly waterfall: Waterfall;
  readonly measured: 'engine' | 'wire';
  readonly bars: readonly WaitBar[];
  readonly show: (ms: number) => string;
}

function Stages({ id, waterfall, measured, bars, show }: StagesProps): ReactNode {
  const t = useTexts(stageText);
  const lanes = useTexts(lanesText);
  const [pointed, setPointed] = useState<WaitPart | null>(null);
  const explain = `${id}-span`;
  const row = (part: WaitPart, from: number, to: number, ms: number, bar: WaitBar | null): ReactNode => {
    const mark = (): void => {
      setPointed(part);
      point({ from, to });
    };
    const unmark = (): void => {
      setPointed(null);
      point(null);
    };
    return (
      <li key={part}>
        <button
          type="button"
          className={bar ? undefined : 'call-stage-total'}
          aria-describedby={explain}
          onClick={() => lookAt((from + to) / 2)}
          onPointerEnter={mark}
          onPointerLeave={unmark}
          onFocus={mark}
          onBlur={unmark}
        >
          <span className="call-stage-name">{partName(t, lanes, part)}</span>
          <span className="call-stage-track">
            {bar && bar.width > 0 && <span className="call-stage-bar" style={stageStyle(bar)} />}
          </span>
          <span className="call-stage-ms tabular">{show(ms)}</span>
        </button>
      </li>
    );
  };
  return (
    <div id={id} className="call-stages">
      <ul>
        {bars.map((bar) => row(bar.part, bar.from, bar.to, bar.ms, bar))}
        {row('total', waterfall.from, waterfall.to, waterfall.totalMs, null)}
      </ul>
      <p id={explain} className="call-stage-span">
        {pointed ? (pointed === 'total' && measured === 'wire' ? t.wireSpan : spanOf(t, pointed)) : t.hint}
      </p>
    </div>
  );
}

function pieceStyle({ part, width }: WaitBar): CSSProperties {
  return { width: `${width * 100}%`, background: STAGE_COLOURS[part] };
}

function stageStyle({ part, left, width }: WaitBar): CSSProperties {
  return { left: `${left * 100}%`, width: `${width * 100}%`, background: STAGE_COLOURS[part] };
}
