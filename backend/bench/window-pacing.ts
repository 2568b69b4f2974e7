import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { callEvent } from '../contract/events.ts';
import type { BenchContext } from './context.ts';
import { crowdTalks, startCrowd } from './crowd.ts';
import { percentile, single, spread, type Spread } from './percentiles.ts';
import { WindowApp } from './window-app.ts';
import type { Display } from './window-display.ts';

const CALLS = 4;

interface Round {
  /** How late packets came, by the callers' own account. */
  readonly arrivals: Spread;
  /** The 99th percentile of each call, by the engine's account. */
  readonly sent: readonly number[];
}

/** Whether calls notice that they are drawn: the same calls in turn with the lanes on show and without. */
export async function windowPacingBench(
  { quick, scope, say, figure }: BenchContext,
  display: Display,
  dataDir: string,
  bot: string,
): Promise<void> {
  const rounds = quick ? 2 : 4;
  const app = await WindowApp.open({ display, dataDir, settings: { bot } }, scope);
  const run = async (view: 'view.call' | 'view.settings'): Promise<Round> => {
    await app.tell('menu', view);
    const before = new Set(await recordsIn(dataDir));
    const crowd = startCrowd(app.port, CALLS, true, scope);
    await crowdTalks(CALLS, quick ? 5000 : 20_000, scope);
    const drawn = await app.page.locator('.lanes-canvas').isVisible();
    if (drawn !== (view === 'view.call')) throw new SidetoneError('internal', `lanes on show: ${drawn}`);
    crowd.stop();
    const { arrivals } = await crowd.result;
    const records = (await recordsIn(dataDir)).filter((record) => !before.has(record));
    return { arrivals, sent: await Promise.all(records.map(pacingOf)) };
  };
  const drawing: Round[] = [];
  const hidden: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}: ${CALLS} calls with lanes, then without`);
    drawing.push(await run('view.call'));
    hidden.push(await run('view.settings'));
  }
  await app.close();

  const common = { bench: 'window', unit: 'ms' } as const;
  const what = 'the same calls with the Settings screen on show';
  figure({
    ...common,
    name: 'pacing with lanes, as sent',
    measured: spread(drawing.flatMap(({ sent }) => sent)),
    goal: null,
    control: { what, ...spread(hidden.flatMap(({ sent }) => sent)) },
    note: `the 99th percentile of each call, by the engine's account; ${rounds} rounds of ${CALLS} calls each`,
  });
  figure({
    ...common,
    name: 'pacing with lanes, as received',
    measured: middle(drawing),
    goal: null,
    control: { what, ...middle(hidden) },
    note: "each figure the median of the rounds; in the callers' process and so with its own delays",
  });
  const late = (round: Round): number => round.arrivals.p99 ?? 0;
  const noise = Math.max(swing(drawing.map(late)), swing(hidden.map(late)));
  figure({
    ...common,
    name: 'what lanes add to the 99th percentile, as received',
    measured: single((middle(drawing).p99 ?? 0) - (middle(hidden).p99 ?? 0), rounds),
    goal: { p50: Number(noise.toFixed(2)) },
    control: null,
    note: 'the goal is how far apart rounds of the same kind lay: noise',
  });
}

function swing(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

function middle(rounds: readonly Round[]): Spread {
  const of = (which: 'p50' | 'p95' | 'p99' | 'max'): number | null =>
    percentile(
      rounds.map(({ arrivals }) => arrivals[which] ?? 0),
      50,
    );
  const n = rounds.reduce((sum, { arrivals }) => sum + arrivals.n, 0);
  return { n, p50: of('p50'), p95: of('p95'), p99: of('p99'), max: of('max') };
}

async function recordsIn(dataDir: string): Promise<string[]> {
  const folder = path.join(dataDir, 'traces');
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => path.join(folder, name));
}

async function pacingOf(record: string): Promise<number> {
  const lines = (await readFile(path.join(record, 'events.ndjson'), 'utf8')).split('\n').slice(0, -1);
  const events = lines.map((line) => callEvent.parse(JSON.parse(line)));
  const last = events.findLast((event) => event.type === 'rtp.stats');
  return last ? last.stats.pacing_p99_ms : 0;
}
