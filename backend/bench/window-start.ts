import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Scope } from '../base/scope.ts';
import type { BenchContext } from './context.ts';
import { spread } from './percentiles.ts';
import { callable, launch, usable, writeSettings } from './window-app.ts';
import type { Display } from './window-display.ts';

const GOAL_WARM_MS = 2000;
/** The least there is to start: a window with one button, opened as the app opens its own. */
const NOTHING = `
const { app, BrowserWindow } = require('electron');
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1360, height: 860, show: false });
  window.once('ready-to-show', () => window.show());
  window.loadURL('data:text/html,<main aria-busy=false><button>Settings</button></main>');
});
app.on('window-all-closed', () => app.quit());
`;

/** From the start of the process until what the window is for could be clicked. */
export async function startBench(
  { quick, scope, say, figure }: BenchContext,
  display: Display,
  workspace: string,
): Promise<void> {
  const [cold, warm] = quick ? [2, 4] : [5, 15];
  const nothing = path.join(workspace, 'nothing');
  await mkdir(nothing, { recursive: true });
  await writeFile(path.join(nothing, 'package.json'), '{ "main": "main.js" }');
  await writeFile(path.join(nothing, 'main.js'), NOTHING);

  const warmStarts = async (name: string, app: string | null): Promise<Start[]> => {
    const dataDir = path.join(workspace, name);
    // The first of a folder writes what later ones read.
    await start(display, dataDir, app, scope);
    return repeat(warm, () => start(display, dataDir, app, scope));
  };
  const coldStarts = (name: string, app: string | null): Promise<Start[]> =>
    repeat(cold, async (index) => {
      emptied &&= await emptyFileCache();
      return start(display, path.join(workspace, `${name}-${index}`), app, scope);
    });
  let emptied = true;
  say(`${warm + 1} warm starts, of nothing and of the app`);
  const warmNothing = await warmStarts('warm-nothing', nothing);
  const warmApp = await warmStarts('warm', null);
  say(`${cold} cold starts, of nothing and of the app`);
  const coldNothing = await coldStarts('cold-nothing', nothing);
  const coldApp = await coldStarts('cold', null);

  const common = { bench: 'window', unit: 'ms' } as const;
  const what = 'an Electron app that is one button';
  figure({
    ...common,
    name: 'start to usable window, warm',
    measured: spread(warmApp.map(({ usableMs }) => usableMs)),
    goal: { p50: GOAL_WARM_MS, p95: GOAL_WARM_MS },
    control: { what, ...spread(warmNothing.map(({ usableMs }) => usableMs)) },
    note: `started by Playwright, which takes its share of both; ${display.what}`,
  });
  figure({
    ...common,
    name: 'start to usable window, cold',
    measured: spread(coldApp.map(({ usableMs }) => usableMs)),
    goal: null,
    control: { what, ...spread(coldNothing.map(({ usableMs }) => usableMs)) },
    note: emptied
      ? 'a fresh data folder, and nothing in the file cache'
      : "a fresh data folder; the system's file cache could not be emptied, so files came from there",
  });
  figure({
    ...common,
    name: 'start to a bot that can be called, warm',
    measured: spread(warmApp.map(({ callableMs }) => callableMs)),
    goal: null,
    control: null,
    note: 'the models of the demo bot are loaded',
  });
}

interface Start {
  readonly usableMs: number;
  readonly callableMs: number;
}

/** @param app Folder of an app that knows no bot; null: Sidetone. */
async function start(display: Display, dataDir: string, app: string | null, scope: Scope): Promise<Start> {
  await writeSettings(dataDir, {});
  const from = performance.now();
  const { electron, close } = await launch({ display, dataDir, ...(app === null ? {} : { app }) }, scope);
  try {
    const page = await electron.firstWindow();
    await usable(page);
    const usableMs = performance.now() - from;
    if (app === null) await callable(page);
    return { usableMs, callableMs: performance.now() - from };
  } finally {
    await close();
  }
}

async function repeat<Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let index = 0; index < times; index += 1) results.push(await work(index));
  return results;
}

/** Linux, as root. Returns whether it could be done. */
async function emptyFileCache(): Promise<boolean> {
  try {
    await writeFile('/proc/sys/vm/drop_caches', '1');
    return true;
  } catch {
    return false;
  }
}
