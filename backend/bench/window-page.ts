/** What runs in the page, before its own scripts: sent there as text, so it uses nothing from outside itself. */

type FrameCallback = (now: number) => void;
declare let requestAnimationFrame: (callback: FrameCallback) => number;
declare const window: { benchFrames?: FrameLog };

export interface FrameLog {
  /** From one frame to the next, and what all callbacks of a frame took; ms. */
  readonly intervals: Float64Array;
  readonly script: Float64Array;
  count: number;
}

/** The wrapper's name in a heap profile: what is allocated under it was allocated to draw. */
export const FRAME_FUNCTION = 'benchFrame';

/** Times every frame of the page into `window.benchFrames`, which allocates nothing. */
export function watchFrames(): void {
  const most = 60_000;
  const log: FrameLog = { intervals: new Float64Array(most), script: new Float64Array(most), count: 0 };
  window.benchFrames = log;
  const native = requestAnimationFrame;
  let frame = 0;
  let spent = 0;
  const begin = (now: number): void => {
    if (now === frame) return;
    if (frame > 0 && log.count < most) {
      log.intervals[log.count] = now - frame;
      log.script[log.count] = spent;
      log.count += 1;
    }
    frame = now;
    spent = 0;
  };
  requestAnimationFrame = (callback) =>
    native(function benchFrame(now) {
      begin(now);
      const from = performance.now();
      callback(now);
      spent += performance.now() - from;
    });
  // Frames count whether or not the page wants to draw.
  const always = (now: number): void => {
    begin(now);
    native(always);
  };
  native(always);
}

/** Begins to count anew. */
export function clearFrames(): void {
  if (window.benchFrames) window.benchFrames.count = 0;
}

export function readFrames(): { readonly intervals: number[]; readonly script: number[] } {
  const log = window.benchFrames;
  if (!log) return { intervals: [], script: [] };
  return {
    intervals: [...log.intervals.subarray(0, log.count)],
    script: [...log.script.subarray(0, log.count)],
  };
}
