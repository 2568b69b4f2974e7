/** One loop of animation frames for all lanes on show: it runs while there are any. */

type Tick = (nowMs: number) => void;

let ticks: readonly Tick[] = [];
let frame = 0;

/** Calls `tick` with performance.now() before each frame is painted, until the returned function is called. */
export function eachFrame(tick: Tick): () => void {
  ticks = [...ticks, tick];
  if (ticks.length === 1) frame = requestAnimationFrame(run);
  return () => {
    ticks = ticks.filter((other) => other !== tick);
    if (ticks.length === 0) cancelAnimationFrame(frame);
  };
}

function run(nowMs: number): void {
  frame = requestAnimationFrame(run);
  for (let i = 0; i < ticks.length; i += 1) ticks[i]?.(nowMs);
}
