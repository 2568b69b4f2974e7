import type { Scope } from '../base/scope.ts';
import type { BenchContext } from './context.ts';
import { startCrowd } from './crowd.ts';
import { single, spread } from './percentiles.ts';
import { sleep } from './sleep.ts';
import { WindowApp } from './window-app.ts';
import type { Display } from './window-display.ts';
import { allocatedBytes, type AllocationNode } from './window-heap.ts';
import { clearFrames, FRAME_FUNCTION, readFrames, watchFrames } from './window-page.ts';

const CALLS = 4;
/** Until all talk, and what the first frames of a call cost is over. */
const SETTLE_MS = 8000;
const FRAME_MS = 1000 / 60;
/** A frame at 60 Hz; the page's clock is cut to tenths of a millisecond. */
export const GOAL_FRAME_MS = 16.8;
const SAMPLING_BYTES = 512;

/** How the page draws with four calls going on, the lanes of one of them following. */
export async function framesBench(
  { quick, scope, say, figure }: BenchContext,
  display: Display,
  dataDir: string,
  bot: string,
): Promise<void> {
  const lastingMs = quick ? 8000 : 40_000;
  const app = await WindowApp.open(
    { display, dataDir, settings: { bot }, inPage: `(${watchFrames.toString()})()` },
    scope,
  );
  say('frames without calls');
  const idle = await watch(app, lastingMs, scope);
  say(`frames with ${CALLS} calls`);
  const crowd = startCrowd(app.port, CALLS, false, scope);
  await sleep(scope, SETTLE_MS);
  await app.page.locator('.lanes-canvas').waitFor();
  const busy = await watch(app, lastingMs, scope);
  say(`allocation with ${CALLS} calls`);
  const { drawn, all, frames } = await watchAllocation(app, quick ? 5000 : 20_000, scope);
  crowd.stop();
  await crowd.result;
  await app.close();

  const common = { bench: 'window', goal: null } as const;
  const control = { what: 'the same page without calls' };
  figure({
    ...common,
    name: `frame to frame, ${CALLS} calls`,
    unit: 'ms',
    measured: spread(busy.intervals),
    goal: { p95: GOAL_FRAME_MS },
    control: { ...control, ...spread(idle.intervals) },
    note: display.what,
  });
  figure({
    ...common,
    name: 'dropped frames',
    unit: '%',
    measured: single(droppedPercent(busy.intervals), busy.intervals.length),
    control: { ...control, ...single(droppedPercent(idle.intervals), idle.intervals.length) },
    note: 'more than one and a half intervals after the one before, of 60 a second',
  });
  figure({
    ...common,
    name: 'script before a frame',
    unit: 'ms',
    measured: spread(busy.script),
    control: { ...control, ...spread(idle.script) },
    note: "all of the page's animation frame callbacks together: what drawing the lanes takes",
  });
  figure({
    ...common,
    name: "the page's main thread busy, per frame",
    unit: 'ms',
    measured: single(busy.mainThreadMs, busy.intervals.length),
    control: { ...control, ...single(idle.mainThreadMs, idle.intervals.length) },
    note: 'all tasks: messages, React, layout and paint too',
  });
  figure({
    ...common,
    name: 'CPU of page and GPU process, per frame',
    unit: 'ms',
    measured: single(busy.processMs, busy.intervals.length),
    control: { ...control, ...single(idle.processMs, idle.intervals.length) },
    note: 'with composing and rasterising, which a real GPU takes off the CPU',
  });
  figure({
    ...common,
    name: 'allocation per frame, to draw',
    unit: 'kB',
    measured: single(drawn / 1024 / frames, frames),
    control: null,
    note: `sampled every ${SAMPLING_BYTES} bytes, collected objects included`,
  });
  figure({
    ...common,
    name: 'allocation per frame, all',
    unit: 'kB',
    measured: single(all / 1024 / frames, frames),
    control: null,
    note: 'with events, signals and React',
  });
}

export interface Frames {
  /** From one to the next. */
  readonly intervals: readonly number[];
  /** All animation frame callbacks of each. */
  readonly script: readonly number[];
}

interface Watched extends Frames {
  /** Per frame. */
  readonly mainThreadMs: number;
  readonly processMs: number;
}

async function watch(app: WindowApp, lastingMs: number, scope: Scope): Promise<Watched> {
  const metrics = await app.metrics();
  const cpu = await pageCpuSeconds(app);
  const { intervals, script } = await watched(app, () => sleep(scope, lastingMs));
  const metricsAfter = await app.metrics();
  const cpuAfter = await pageCpuSeconds(app);
  const perFrame = (seconds: number): number => (seconds * 1000) / Math.max(1, intervals.length);
  return {
    intervals,
    script,
    mainThreadMs: perFrame(metricsAfter('TaskDuration') - metrics('TaskDuration')),
    processMs: perFrame(cpuAfter - cpu),
  };
}

/** The frames while `doing` goes on, ms. */
export async function watched({ page }: WindowApp, doing: () => Promise<void>): Promise<Frames> {
  await page.evaluate(clearFrames);
  await doing();
  const { intervals, script } = await page.evaluate(readFrames);
  return { intervals: intervals.map((interval) => Math.round(interval * 10) / 10), script };
}

async function pageCpuSeconds({ electron }: WindowApp): Promise<number> {
  return electron.evaluate(({ app }) =>
    app
      .getAppMetrics()
      .filter(({ type }) => type === 'Tab' || type === 'GPU')
      .reduce((sum, { cpu }) => sum + (cpu.cumulativeCPUUsage ?? 0), 0),
  );
}

async function watchAllocation(
  { devtools, page }: WindowApp,
  lastingMs: number,
  scope: Scope,
): Promise<{ drawn: number; all: number; frames: number }> {
  await page.evaluate(clearFrames);
  await devtools.send('HeapProfiler.startSampling', {
    samplingInterval: SAMPLING_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await sleep(scope, lastingMs);
  const { profile } = await devtools.send('HeapProfiler.stopSampling');
  const { intervals } = await page.evaluate(readFrames);
  const head: AllocationNode = profile.head;
  return {
    drawn: allocatedBytes(head, FRAME_FUNCTION),
    all: allocatedBytes(head),
    frames: Math.max(1, intervals.length),
  };
}

export function droppedPercent(intervals: readonly number[]): number {
  const dropped = intervals.filter((interval) => interval > 1.5 * FRAME_MS).length;
  return (100 * dropped) / Math.max(1, intervals.length);
}
