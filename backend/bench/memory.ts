import type { Scope } from '../base/scope.ts';
import { startCallers } from './caller.ts';
import type { BenchContext } from './context.ts';
import { startEngine } from './engine.ts';
import { percentile, single } from './percentiles.ts';
import { sleep } from './sleep.ts';
import { makeWorkspace, writeScriptedBot } from './workspace.ts';

const MEBIBYTE = 2 ** 20;
const IDLE_CALLS = 100;
const SETTLE_MS = 4000;
/** Below the engine's own limit of 200 new calls in a second. */
const SHORT_PER_SECOND = 180;
const SHORT_PACKETS = 3;
/** What the allocators of Node and of the C library keep back either way; a leak of 1 kB a call would be 9 MB. */
const NO_GROWTH_MB = 8;
/** The same for the last third. */
const NO_LATE_GROWTH_MB = 3;

/** Resident memory of this process, which runs the engine and nothing else of weight. */
export async function memoryBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(scope);
  const bot = await writeScriptedBot(workspace);
  const common = { bench: 'memory', unit: 'MB' } as const;

  const idle = await startEngine({ bot, recordsDir: workspace }, scope);
  say('1 call');
  const one = listen(idle.port, 1, scope);
  await sleep(scope, SETTLE_MS);
  const withOne = await residentMb(scope);
  await sleep(scope, SETTLE_MS);
  const drift = (await residentMb(scope)) - withOne;
  say(`${IDLE_CALLS + 1} calls`);
  const many = listen(idle.port, IDLE_CALLS, scope);
  await sleep(scope, SETTLE_MS + IDLE_CALLS * 20);
  const withMany = await residentMb(scope);
  one.stop();
  many.stop();
  await Promise.all([one.result, many.result]);
  await idle.close();
  figure({
    ...common,
    name: 'per call',
    measured: single((withMany - withOne) / IDLE_CALLS),
    goal: { p50: 3 },
    control: { what: 'drift of the same process with one call, by as many', ...single(drift / IDLE_CALLS) },
    note: `${withOne.toFixed(0)} MB with one call, ${withMany.toFixed(0)} with ${IDLE_CALLS + 1}; recording on`,
  });

  const [few, most, all] = quick ? [100, 700, 1000] : [1000, 7000, 10_000];
  const engine = await startEngine({ bot, recordsDir: workspace }, scope);
  const takeShort = async (calls: number): Promise<number> => {
    say(`${calls} short calls`);
    const { host, port } = { host: '127.0.0.1', port: engine.port };
    await startCallers(
      { kind: 'short', host, port, calls, perSecond: SHORT_PER_SECOND, packets: SHORT_PACKETS },
      scope,
    ).result;
    await sleep(scope, SETTLE_MS);
    return residentMb(scope);
  };
  const afterFew = await takeShort(few);
  await sleep(scope, SETTLE_MS);
  const idleDrift = (await residentMb(scope)) - afterFew;
  const afterMost = await takeShort(most - few);
  const afterAll = await takeShort(all - most);
  const { answered, calls } = await engine.report();
  await engine.close();
  const control = { what: 'drift of the same process without calls', ...single(idleDrift) };
  figure({
    ...common,
    name: `growth from ${few} to ${all} short calls`,
    measured: single(afterAll - afterFew),
    goal: { p50: NO_GROWTH_MB },
    control,
    note: `${afterFew.toFixed(0)} MB, then ${afterAll.toFixed(0)}; ${answered} calls answered, ${calls} left over`,
  });
  figure({
    ...common,
    name: `of that, from ${most} to ${all}`,
    measured: single(afterAll - afterMost),
    goal: { p50: NO_LATE_GROWTH_MB },
    control,
    note: 'a leak grows as the calls do; what allocators keep back for the next crowd levels off',
  });
}

function listen(port: number, calls: number, scope: Scope): ReturnType<typeof startCallers> {
  return startCallers(
    {
      kind: 'talk',
      host: '127.0.0.1',
      port,
      calls,
      startEveryMs: 20,
      firstTurnWithinMs: 0,
      audio: [],
      turns: 0,
      greeted: false,
      sharp: true,
      pauseMs: 0,
      answerWithinMs: 0,
      bargeInAfterMs: null,
      arrivals: false,
    },
    scope,
  );
}

/** Median over two seconds, MB. */
async function residentMb(scope: Scope): Promise<number> {
  const samples: number[] = [];
  for (let index = 0; index < 11; index += 1) {
    samples.push(process.memoryUsage.rss() / MEBIBYTE);
    await sleep(scope, 200);
  }
  return percentile(samples, 50) ?? 0;
}
