import type { BenchContext } from './context.ts';
import { crowdTalks, startCrowd } from './crowd.ts';
import { startEngine } from './engine.ts';
import { startNullEngine } from './null-engine.ts';
import { makeWorkspace, writeScriptedBot } from './workspace.ts';

/** Calls at once, and what the 99th percentile may be, ms. */
const STEPS = [
  { calls: 1, p99: 1 },
  { calls: 100, p99: 1 },
  { calls: 400, p99: 2 },
];
const STALL_EVERY_MS = 1000;
const STALL_MS = 30;

/** How far packets leave from their 20 ms grid, while the main thread is held up again and again. */
export async function pacingBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(scope);
  const bot = await writeScriptedBot(workspace);
  scope.every(STALL_EVERY_MS, stall);
  for (const { calls, p99 } of STEPS) {
    const lastingMs = quick ? 5000 : 20_000;
    say(`${calls} calls, a bare timer loop`);
    const nothing = await startNullEngine({ waitMs: 600, answerMs: 3000, interruptMs: Infinity }, scope);
    const controlCrowd = startCrowd(nothing.port, calls, true, scope);
    await crowdTalks(calls, lastingMs, scope);
    controlCrowd.stop();
    const controlHeard = await controlCrowd.result;
    const control = await nothing.stop();

    say(`${calls} calls, the engine`);
    const engine = await startEngine({ bot, recordsDir: null }, scope);
    const crowd = startCrowd(engine.port, calls, true, scope);
    await crowdTalks(calls, lastingMs, scope);
    const { pacing } = await engine.report();
    crowd.stop();
    const heard = await crowd.result;
    await engine.close();
    const what = 'a bare setTimeout loop in a worker';
    figure({
      bench: 'pacing',
      name: `${calls} calls, as sent`,
      unit: 'ms',
      measured: { n: pacing.count, p50: pacing.p50, p95: null, p99: pacing.p99, max: pacing.max },
      goal: { p99 },
      control: { what, ...control.late },
      note: `the engine's own account; main thread held up ${STALL_MS} ms each second`,
    });
    figure({
      bench: 'pacing',
      name: `${calls} calls, as received`,
      unit: 'ms',
      measured: heard.arrivals,
      goal: null,
      control: { what, ...controlHeard.arrivals },
      note:
        `against each call's most punctual packet, in the callers' process and so with its own delays; ` +
        `${heard.lost} packets lost, ${heard.unsent} never sent (control: ${controlHeard.lost}, ${controlHeard.unsent})`,
    });
  }
}

function stall(): void {
  const until = performance.now() + STALL_MS;
  while (performance.now() < until);
}
