import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import './call.css';

export interface Pane {
  /** Width in CSS pixels. */
  readonly width: number;
  readonly least: number;
  readonly most: number;
  readonly initial: number;
  readonly resize: (width: number) => void;
}

const KEY_STEP = 16;

/** A pane's width, kept from one start of the window to the next under `name`. */
export function usePane(name: string, initial: number, least: number, most: number): Pane {
  const key = `pane.${name}`;
  const within = (width: number): number => Math.round(Math.min(most, Math.max(least, width)));
  const [width, setWidth] = useState(() => {
    const kept = Number(localStorage.getItem(key) ?? Number.NaN);
    return Number.isFinite(kept) ? within(kept) : initial;
  });
  const resize = (wanted: number): void => {
    setWidth(within(wanted));
    localStorage.setItem(key, String(within(wanted)));
  };
  return { width, least, most, initial, resize };
}

interface SplitterProps {
  readonly pane: Pane;
  /** Which side of the line the pane is on. */
  readonly side: 'left' | 'right';
  readonly label: string;
}

/** The line between two panes: dragged, moved by arrow keys, put back by a double click. */
export function Splitter({ pane, side, label }: SplitterProps): ReactNode {
  const { width, least, most, initial, resize } = pane;
  const outwards = side === 'left' ? 1 : -1;

  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    const line: HTMLElement = event.currentTarget;
    const startX = event.clientX;
    const drags = new AbortController();
    const { signal } = drags;
    line.setPointerCapture(event.pointerId);
    line.addEventListener('pointermove', (move) => resize(width + outwards * (move.clientX - startX)), {
      signal,
    });
    line.addEventListener('lostpointercapture', () => drags.abort(), { signal });
  };
  const press = (event: KeyboardEvent): void => {
    const wanted = widthAfter(event.key, pane, outwards);
    if (wanted === null) return;
    event.preventDefault();
    resize(wanted);
  };

  return (
    <div
      className="call-splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={press}
      onDoubleClick={() => resize(initial)}
    />
  );
}

function widthAfter(key: string, { width, least, most }: Pane, outwards: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return width + outwards * KEY_STEP;
    case 'ArrowLeft':
      return width - outwards * KEY_STEP;
    case 'Home':
      return least;
    case 'End':
      return most;
    default:
      return null;
  }
}
