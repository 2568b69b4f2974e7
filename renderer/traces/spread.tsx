import type { ReactNode } from 'react';
import { MIN_EVENTS_FOR_RATE, type Spread } from '../../backend/contract/traces.ts';
import { useTexts } from '../base/text.ts';
import { milliseconds } from '../lanes/figures.ts';
import { figureText } from './figure-text.ts';
import { spreadPlaces } from './spread-places.ts';
import { tracesText } from './text.ts';

interface SpreadFigureProps {
  readonly spread: Spread | null;
  readonly tone: 'accent' | 'system' | 'warning';
}

/** A distribution in ms: its range as a line, the median as a tick, the median's confidence as a bar round it. */
export function SpreadFigure({ spread, tone }: SpreadFigureProps): ReactNode {
  const t = useTexts(figureText);
  const units = useTexts(tracesText);
  if (spread === null) return t.none;
  const { count, min, p50, p95, p99, max, ci95 } = spread;
  const show = (ms: number): string => milliseconds(ms).replace('-', '−');
  const places = spreadPlaces(spread);
  const enough = count >= MIN_EVENTS_FOR_RATE;
  const confidence = ci95 === null ? '' : t.interval(units.ms(show(ci95[0])), units.ms(show(ci95[1])));
  return (
    <span className="traces-spread" data-tone={tone}>
      <span className="traces-spread-plot" aria-hidden>
        <span className="traces-spread-range" />
        {places.interval && (
          <span
            className="traces-spread-interval"
            style={{ left: `${places.interval.left * 100}%`, width: `${places.interval.width * 100}%` }}
          />
        )}
        <span className="traces-spread-median" style={{ left: `${places.median * 100}%` }} />
      </span>
      <span title={t.spreadAbout(count)}>{units.ms(t.spread(show(min), show(p50), show(max)))}</span>
      <span className="traces-faint" title={confidence}>
        {enough ? t.tails(show(p95), units.ms(show(p99))) : t.tooFew(count, MIN_EVENTS_FOR_RATE)}
        {confidence !== '' && <span className="traces-spread-said">{confidence}</span>}
      </span>
    </span>
  );
}
