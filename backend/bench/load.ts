import type { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import type { WorkerReport } from '../contract/host.ts';
import type { CallerResult } from './caller-job.ts';
import type { BenchContext } from './context.ts';
import { crowdTalks, startCrowd } from './crowd.ts';
import { startEngine } from './engine.ts';
import { startNullEngine } from './null-engine.ts';
import { single, spread } from './percentiles.ts';
import { makeWorkspace, SCRIPTED_SUM_MS, SCRIPTED_WAIT_MS, writeScriptedBot } from './workspace.ts';

const GOAL_CALLS = 400;
const STEPS = [50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000];
/** A core carries as many calls as keep to these. */
const LIMITS = { pacingP99Ms: 2, addedP95Ms: 60 };

interface Step {
  readonly calls: number;
  readonly report: WorkerReport;
  readonly heard: CallerResult;
  readonly added: readonly number[];
  /** Packets of the callers that the engine missed. */
  readonly lostIn: number;
  /** Why this is too many; null: it is not. */
  readonly broke: string | null;
}

/** How many calls one media worker carries, Silero on. */
export async function loadBench(context: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(context.scope);
  const bot = await writeScriptedBot(workspace);
  for (const recordsDir of [null, workspace]) {
    const recording = recordsDir === null ? 'recording off' : 'recording on';
    const { carried, stopped } = await climb(bot, recordsDir, recording, context);
    const shown = carried ?? stopped;
    if (shown) await tell(shown, carried?.calls ?? 0, stopped, recording, context);
  }
}

/** Takes more and more calls until a limit is passed. */
async function climb(
  bot: string,
  recordsDir: string | null,
  recording: string,
  { quick, scope, say }: BenchContext,
): Promise<{ carried: Step | null; stopped: Step | null }> {
  let carried: Step | null = null;
  for (const calls of quick ? STEPS.filter((step) => step === 100 || step >= GOAL_CALLS) : STEPS) {
    const step = await takeCalls(calls, bot, recordsDir, quick, scope);
    say(`${recording}, ${describe(step)}`);
    if (step.broke !== null) return { carried, stopped: step };
    carried = step;
  }
  return { carried, stopped: null };
}

async function takeCalls(
  calls: number,
  bot: string,
  recordsDir: string | null,
  quick: boolean,
  scope: Scope,
): Promise<Step> {
  const lost = new Map<string, number>();
  const onEvent = (event: CallEvent): void => {
    if (event.type === 'rtp.stats') lost.set(event.call, event.stats.lost);
  };
  const engine = await startEngine({ bot, recordsDir, onEvent }, scope);
  const crowd = startCrowd(engine.port, calls, false, scope);
  await crowdTalks(calls, quick ? 5000 : 20_000, scope);
  const report = await engine.report();
  crowd.stop();
  const heard = await crowd.result;
  await engine.close();
  const added = heard.latencies.map((latency) => latency - SCRIPTED_WAIT_MS - SCRIPTED_SUM_MS);
  const lostIn = [...lost.values()].reduce((sum, count) => sum + count, 0);
  const step = { calls, report, heard, added, lostIn };
  return { ...step, broke: limitPassed(step) };
}

function limitPassed({ report, heard, added, lostIn }: Omit<Step, 'broke'>): string | null {
  const p95 = spread(added).p95;
  if (report.pacing.p99 > LIMITS.pacingP99Ms) return `p99 pacing ${report.pacing.p99.toFixed(2)} ms`;
  if (heard.lost + heard.unsent + lostIn > 0) {
    return `packets: ${heard.lost} lost, ${heard.unsent} never sent, ${lostIn} not received`;
  }
  if (heard.unanswered > 0) return `${heard.unanswered} calls unanswered`;
  if (heard.missed > 0) return `${heard.missed} turns unanswered`;
  if (p95 === null || p95 > LIMITS.addedP95Ms)
    return `p95 added latency ${p95?.toFixed(1) ?? 'not measured'} ms`;
  return null;
}

async function tell(
  { calls, report, heard, added }: Step,
  carried: number,
  stopped: Step | null,
  recording: string,
  { quick, scope, say, figure }: BenchContext,
): Promise<void> {
  say(`${calls} calls, an engine that only waits`);
  const nothing = await startNullEngine(
    { waitMs: SCRIPTED_WAIT_MS + SCRIPTED_SUM_MS, answerMs: 3000, interruptMs: Infinity },
    scope,
  );
  const crowd = startCrowd(nothing.port, calls, false, scope);
  await crowdTalks(calls, quick ? 2000 : 10_000, scope);
  crowd.stop();
  const controlHeard = await crowd.result;
  const control = await nothing.stop();
  const controlAdded = controlHeard.latencies.map((latency) => latency - SCRIPTED_WAIT_MS - SCRIPTED_SUM_MS);
  const what = `an engine that only waits, ${calls} calls`;
  const { pacing, cpuSeconds } = report;

  const common = { bench: 'load' } as const;
  figure({
    ...common,
    name: `calls on one core, ${recording}`,
    unit: 'calls',
    measured: single(carried),
    goal: { atLeast: GOAL_CALLS },
    control: null,
    note: stopped ? `at ${stopped.calls}: ${stopped.broke ?? ''}` : 'the most that was tried',
  });
  figure({
    ...common,
    name: `pacing, ${calls} calls, ${recording}`,
    unit: 'ms',
    measured: { n: pacing.count, p50: pacing.p50, p95: null, p99: pacing.p99, max: pacing.max },
    goal: { p99: LIMITS.pacingP99Ms },
    control: { what, ...control.late },
  });
  figure({
    ...common,
    name: `added latency, ${calls} calls, ${recording}`,
    unit: 'ms',
    measured: spread(added),
    goal: { p95: LIMITS.addedP95Ms },
    control: { what, ...spread(controlAdded) },
    note: `beyond ${SCRIPTED_WAIT_MS} ms of wait and ${SCRIPTED_SUM_MS} ms of scripted providers; ${describeCaller(heard)}`,
  });
  figure({
    ...common,
    name: `CPU per call-second, ${calls} calls, ${recording}`,
    unit: 's',
    measured: single(cpuSeconds / heard.callSeconds),
    goal: null,
    control: null,
  });
}

function describe({ calls, report, heard, added, broke }: Step): string {
  const { p50, p95 } = spread(added);
  return (
    `${calls} calls: pacing p99 ${report.pacing.p99.toFixed(2)} ms, added ${p50?.toFixed(0) ?? '?'}/` +
    `${p95?.toFixed(0) ?? '?'} ms (${added.length} turns), CPU ${(report.cpuSeconds / heard.callSeconds).toFixed(5)}` +
    (broke === null ? '' : `; too many: ${broke}`)
  );
}

function describeCaller({ sendLate }: CallerResult): string {
  return `the callers' own packets left p99 ${sendLate.p99?.toFixed(1) ?? '?'} ms late`;
}
