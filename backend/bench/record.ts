import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Scope } from '../base/scope.ts';
import type { WorkerReport } from '../contract/host.ts';
import type { BenchContext } from './context.ts';
import { crowdTalks, startCrowd } from './crowd.ts';
import { startEngine } from './engine.ts';
import { percentile, single, spread } from './percentiles.ts';
import { makeWorkspace, writeScriptedBot } from './workspace.ts';

const CALLS = 20;
const GOAL_CPU_PERCENT = 5;
const GOAL_MB_PER_MINUTE = 2;
const MB = 1e6;

interface Round {
  /** Of the whole process, share of a core for CALLS calls, percent. */
  readonly cpuPercent: number;
  readonly pacing: WorkerReport['pacing'];
  readonly callMinutes: number;
}

/** What a recorded call costs: CPU, disk, and punctuality of its packets, each against the same without recording. */
export async function recordBench({ quick, scope, say, figure }: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(scope);
  const bot = await writeScriptedBot(workspace);
  const traces = path.join(workspace, 'traces');
  const rounds: { readonly off: Round[]; readonly on: Round[] } = { off: [], on: [] };
  // In this order a machine that becomes slower or faster favours neither.
  const order = ['off', 'on', 'on', 'off'] as const;
  for (const which of quick ? order.slice(0, 2) : order) {
    const round = await measure(bot, which === 'on' ? traces : null, quick, scope);
    say(`recording ${which}: CPU ${round.cpuPercent.toFixed(1)} %, p99 ${round.pacing.p99.toFixed(2)} ms`);
    rounds[which].push(round);
  }

  const common = { bench: 'record', control: null } as const;
  const cpu = (which: 'off' | 'on'): number[] => rounds[which].map(({ cpuPercent }) => cpuPercent);
  const [off, on] = [percentile(cpu('off'), 50) ?? 0, percentile(cpu('on'), 50) ?? 0];
  figure({
    ...common,
    name: `CPU of a core for recording ${CALLS} calls`,
    unit: '%',
    measured: single(on - off, rounds.on.length),
    goal: { p50: GOAL_CPU_PERCENT },
    note: `the whole process; with recording ${listed(cpu('on'))}, without ${listed(cpu('off'))}`,
  });
  const minutes = rounds.on.reduce((sum, { callMinutes }) => sum + callMinutes, 0);
  const written = await bytesByFile(traces);
  const total = [...written.values()].reduce((sum, bytes) => sum + bytes, 0);
  figure({
    ...common,
    name: 'on the disk for a minute of a call',
    unit: 'MB',
    measured: single(total / MB / minutes, Math.round(minutes)),
    goal: { p50: GOAL_MB_PER_MINUTE },
    note: [...written].map(([name, bytes]) => `${name} ${(bytes / MB / minutes).toFixed(3)}`).join(', '),
  });
  for (const which of ['p50', 'p99'] as const) {
    figure({
      bench: 'record',
      name: `pacing, ${which} of each round, recording on`,
      unit: 'ms',
      measured: spread(rounds.on.map(({ pacing }) => pacing[which])),
      goal: null,
      control: { what: 'recording off', ...spread(rounds.off.map(({ pacing }) => pacing[which])) },
    });
  }
}

async function measure(bot: string, recordsDir: string | null, quick: boolean, scope: Scope): Promise<Round> {
  const engine = await startEngine({ bot, recordsDir }, scope);
  const before = process.cpuUsage();
  const crowd = startCrowd(engine.port, CALLS, false, scope);
  await crowdTalks(CALLS, quick ? 5000 : 20_000, scope);
  const { pacing } = await engine.report();
  crowd.stop();
  const { callSeconds } = await crowd.result;
  // A trace is complete, and has cost what it costs, when its call has been closed.
  await engine.close();
  const { user, system } = process.cpuUsage(before);
  return {
    cpuPercent: ((user + system) / 1e6 / callSeconds) * CALLS * 100,
    pacing,
    callMinutes: callSeconds / 60,
  };
}

/** Bytes of all traces by their files, those of the voice together. */
async function bytesByFile(traces: string): Promise<ReadonlyMap<string, number>> {
  const bytes = new Map<string, number>();
  for (const entry of await readdir(traces, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const name = path.basename(entry.parentPath) === 'tts' ? 'tts' : entry.name;
    const { size } = await stat(path.join(entry.parentPath, entry.name));
    bytes.set(name, (bytes.get(name) ?? 0) + size);
  }
  return new Map([...bytes].sort(([, a], [, b]) => b - a));
}

function listed(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(', ');
}
