import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Scope } from '../base/scope.ts';
import type { BenchContext } from './context.ts';
import { spread } from './percentiles.ts';
import { openHour, openTable, type TraceSetting } from './trace-window.ts';
import { sleep } from './sleep.ts';
import { residentMb } from './window-memory.ts';

const GOAL_OPEN_MS = 1000;
const GOAL_MB = 300;
const AGAIN = 3;
const SETTLE_MS = 1500;

interface Opened {
  readonly firstMs: number;
  readonly againMs: readonly number[];
  /** Of the page's process: with the table, with the hour, and with it opened again and again. */
  readonly tableMb: number;
  readonly firstMb: number;
  readonly againMb: number;
}

/** From the click on a trace of an hour until it is drawn, each time in a window that has just started. */
export async function traceOpeningBench(
  { quick, scope, say, figure }: BenchContext,
  setting: TraceSetting,
): Promise<void> {
  const { hour, display } = setting;
  const rounds = quick ? 2 : 5;
  const measured: Opened[] = [];
  const kept: Opened[] = [];
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}: an hour opened before and after it was measured`);
    await rm(metricsOf(setting), { force: true });
    measured.push(await open(setting, scope));
    kept.push(await open(setting, scope));
  }

  const common = { bench: 'trace', unit: 'ms', control: null } as const;
  figure({
    ...common,
    name: 'opening an hour, first',
    measured: spread(kept.map(({ firstMs }) => firstMs)),
    goal: { p50: GOAL_OPEN_MS },
    note: `${hour.events} events, ${hour.packets} packets; the first trace a window opens; ${display.what}`,
  });
  figure({
    ...common,
    name: 'opening an hour, again',
    measured: spread([...measured, ...kept].flatMap(({ againMs }) => againMs)),
    goal: { p50: GOAL_OPEN_MS },
    note: 'in the same window, having gone back to the table',
  });
  figure({
    ...common,
    name: 'opening an hour, not measured before',
    measured: spread(measured.map(({ firstMs }) => firstMs)),
    goal: null,
    note: 'as one that comes from elsewhere: its metrics are made of 115 MB of audio and 360,000 packets',
  });
  const memory = [...measured, ...kept];
  const table = { what: 'with the table', ...spread(memory.map(({ tableMb }) => tableMb)) };
  figure({
    ...common,
    unit: 'MB',
    name: "the page's process with an hour open",
    measured: spread(memory.map(({ firstMb }) => firstMb)),
    goal: { max: GOAL_MB },
    control: table,
    note: "resident, Chromium's own code included",
  });
  figure({
    ...common,
    unit: 'MB',
    name: `the same, opened ${1 + AGAIN} times on end`,
    measured: spread(memory.map(({ againMb }) => againMb)),
    goal: null,
    control: table,
    note: 'with what V8 has not collected yet: it does when the page has been still for ten seconds',
  });
}

function metricsOf({ settings, hour }: TraceSetting): string {
  return path.join(settings.recordings?.dir ?? '', hour.id, 'metrics.json');
}

async function open(setting: TraceSetting, scope: Scope): Promise<Opened> {
  const app = await openTable(setting, scope);
  const tableMb = await residentMb(app);
  const firstMs = await openHour(app, setting, scope);
  await sleep(scope, SETTLE_MS);
  const firstMb = await residentMb(app);
  const againMs: number[] = [];
  for (let time = 0; time < AGAIN; time += 1) {
    await app.page.locator('.traces-viewer').getByRole('button', { name: 'All traces' }).click();
    await app.page.locator('.traces-row').first().waitFor();
    await sleep(scope, SETTLE_MS);
    againMs.push(await openHour(app, setting, scope));
    await sleep(scope, SETTLE_MS);
  }
  const opened = { firstMs, againMs, tableMb, firstMb, againMb: await residentMb(app) };
  await app.close();
  return opened;
}
