import type { Scope } from '../base/scope.ts';
import { startCallers } from './caller.ts';
import type { CallerResult } from './caller-job.ts';
import type { BenchContext } from './context.ts';
import { SHORT_SPEECH, startEngine } from './engine.ts';
import { startNullEngine } from './null-engine.ts';
import { sleep } from './sleep.ts';
import { makeWorkspace, writeScriptedBot } from './workspace.ts';

/** Calls at once, and what the 99th percentile may be, ms. */
const STEPS = [
  { calls: 1, p99: 1 },
  { calls: 100, p99: 1 },
  { calls: 400, p99: 2 },
];
const STALL_EVERY_MS = 1000;
const STALL_MS = 30;
const CALLS_PER_SECOND = 80;

/** How far packets leave from their 20 ms grid, while the main thread is held up again and again. */
export async function pacingBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(scope);
  const bot = await writeScriptedBot(workspace);
  scope.every(STALL_EVERY_MS, stall);
  for (const { calls, p99 } of STEPS) {
    const lastingMs = quick ? 5000 : 20_000;
    say(`${calls} calls, a bare timer loop`);
    const nothing = await startNullEngine({ waitMs: 600, answerMs: 3000, interruptMs: Infinity }, scope);
    const controlHeard = await talk(nothing.port, calls, lastingMs, scope);
    const control = await nothing.stop();

    say(`${calls} calls, the engine`);
    const engine = await startEngine({ bot, recordsDir: null }, scope);
    const heard = await talk(engine.port, calls, lastingMs, scope);
    const { pacing } = await engine.report();
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

async function talk(port: number, calls: number, lastingMs: number, scope: Scope): Promise<CallerResult> {
  const run = startCallers(
    {
      kind: 'talk',
      host: '127.0.0.1',
      port,
      calls,
      startEveryMs: 1000 / CALLS_PER_SECOND,
      audio: [SHORT_SPEECH],
      turns: 1000,
      greeted: false,
      sharp: true,
      pauseMs: 700,
      answerWithinMs: 5000,
      bargeInAfterMs: null,
      arrivals: true,
    },
    scope,
  );
  await sleep(scope, (calls / CALLS_PER_SECOND) * 1000 + lastingMs);
  run.stop();
  return run.result;
}

function stall(): void {
  const until = performance.now() + STALL_MS;
  while (performance.now() < until);
}
