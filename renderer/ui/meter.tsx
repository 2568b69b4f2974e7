import { useLayoutEffect, useRef, type ReactNode, type RefObject } from 'react';
import { useFrames } from '../base/hooks.ts';
import './ui.css';

interface MeterProps {
  /** 0..1; as a ref it is read at every frame, without a render. */
  readonly level: number | RefObject<number>;
  readonly label: string;
}

/** A level as a bar. */
export function Meter({ level, label }: MeterProps): ReactNode {
  const meter = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const shown = useRef(-1);
  const draw = (): void => {
    const now = Math.round(clamp(typeof level === 'number' ? level : level.current) * 200) / 200;
    if (now === shown.current) return;
    shown.current = now;
    if (bar.current) bar.current.style.transform = `scaleX(${now})`;
    meter.current?.setAttribute('aria-valuenow', String(Math.round(now * 100)));
  };
  useLayoutEffect(draw);
  useFrames(typeof level === 'number' ? null : draw);
  return (
    <div
      ref={meter}
      className="ui-meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    >
      <div ref={bar} className="ui-meter-bar" />
    </div>
  );
}

function clamp(level: number): number {
  return Math.min(1, Math.max(0, level));
}
