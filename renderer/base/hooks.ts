import { useEffect, useRef, useState, useSyncExternalStore } from 'react';

/** The window's only timers: each ends with the component that asked for it. And whether somebody looks at it. */

/** Runs `tick` every `ms` while the component is shown; null: not at all. */
export function useInterval(tick: () => void, ms: number | null): void {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    if (ms === null) return undefined;
    const timer = setInterval(() => latest.current(), ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/** performance.now(), anew every `ms`. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(() => performance.now());
  useInterval(() => setNow(performance.now()), ms);
  return now;
}

/** Date.now(), anew every `ms`. */
export function useDate(ms: number): number {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), ms);
  return now;
}

/** Runs `draw` before every frame the display shows while the component is; null: not at all. */
export function useFrames(draw: ((now: number) => void) | null): void {
  const latest = useRef(draw);
  latest.current = draw;
  const on = draw !== null;
  useEffect(() => {
    if (!on) return undefined;
    let request = 0;
    const frame = (now: number): void => {
      latest.current?.(now);
      request = requestAnimationFrame(frame);
    };
    request = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(request);
  }, [on]);
}

/** Runs `then` once, `ms` after `ms` was given; null: stands still. Another `ms` begins anew. */
export function useTimeout(then: () => void, ms: number | null): void {
  const latest = useRef(then);
  latest.current = then;
  useEffect(() => {
    if (ms === null) return undefined;
    const timer = setTimeout(() => latest.current(), ms);
    return () => clearTimeout(timer);
  }, [ms]);
}

/** Whether the window has the focus: somebody is there. */
export function useFocused(): boolean {
  return useSyncExternalStore(onFocus, () => document.hasFocus());
}

function onFocus(changed: () => void): () => void {
  window.addEventListener('focus', changed);
  window.addEventListener('blur', changed);
  return () => {
    window.removeEventListener('focus', changed);
    window.removeEventListener('blur', changed);
  };
}
