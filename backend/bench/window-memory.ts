import type { BenchContext } from './context.ts';
import { single } from './percentiles.ts';
import { CHANNELS } from '../contract/channels.ts';
import { WindowApp } from './window-app.ts';
import type { Display } from './window-display.ts';
import { EndlessCalls, readDemoLog, type Stretch } from './window-hour.ts';

declare let requestAnimationFrame: (callback: () => void) => number;

const MEBIBYTE = 2 ** 20;
const MINUTE_MS = 60_000;
const STRETCH_MS = 1000;
/** From the time on when ended calls have begun to be forgotten. What the engine of JavaScript keeps either way. */
const NO_GROWTH_MB = 2;

interface Sample {
  /** JavaScript's objects, the page's own, and what arrays of numbers hold. */
  readonly heapMb: number;
  readonly processMb: number;
  readonly nodes: number;
  readonly listeners: number;
}

/** What the page keeps of an hour of calls that come and go, told to it as fast as it can draw them. */
export async function windowMemoryBench(
  { quick, scope, say, figure }: BenchContext,
  display: Display,
  dataDir: string,
  bot: string,
): Promise<void> {
  const quarterMs = (quick ? 3 : 15) * MINUTE_MS;
  const app = await WindowApp.open({ display, dataDir, settings: { bot } }, scope);
  const calls = new EndlessCalls(readDemoLog());
  const samples = [await measure(app)];
  for (let quarter = 0; quarter < 4; quarter += 1) {
    say(`${((quarter + 1) * quarterMs) / MINUTE_MS} minutes of calls`);
    for (let at = quarter * quarterMs; at < (quarter + 1) * quarterMs; at += STRETCH_MS) {
      await tell(app, calls.between(at, at + STRETCH_MS));
      await app.page.evaluate(() => new Promise<void>((drawn) => requestAnimationFrame(() => drawn())));
    }
    await app.page.locator('.lanes-canvas').waitFor();
    samples.push(await measure(app));
  }
  await app.close();

  const common = { bench: 'window', unit: 'MB', control: null } as const;
  for (const [index, { heapMb, processMb, nodes, listeners }] of samples.entries()) {
    figure({
      ...common,
      name: `heap of the page at ${(index * quarterMs) / MINUTE_MS} minutes of calls`,
      measured: single(heapMb),
      goal: null,
      note: `${processMb.toFixed(0)} MB resident, ${nodes} nodes, ${listeners} listeners`,
    });
  }
  const [, first, , , last] = samples;
  figure({
    ...common,
    name: `growth from ${quarterMs / MINUTE_MS} to ${(4 * quarterMs) / MINUTE_MS} minutes`,
    measured: single((last?.heapMb ?? 0) - (first?.heapMb ?? 0)),
    goal: { p50: NO_GROWTH_MB },
    note: 'after garbage collection; four calls of two legs at a time, the last twelve ended ones kept on show',
  });
}

/** As the main process tells it: events first, then signals. */
async function tell(app: WindowApp, { events, batches }: Stretch): Promise<void> {
  const encoded = batches.map((batch) => Buffer.from(batch).toString('base64'));
  await app.electron.evaluate(
    ({ BrowserWindow }, [channel, events, encoded]) => {
      const page = BrowserWindow.getAllWindows()[0]?.webContents;
      if (events.length > 0) page?.send(channel, 'call.events', events);
      for (const text of encoded)
        page?.send(channel, 'signals', { batch: 0, bytes: new Uint8Array(Buffer.from(text, 'base64')) });
    },
    [CHANNELS.message, events, encoded] as const,
  );
}

async function measure(app: WindowApp): Promise<Sample> {
  // What the first collection finalises, the second frees.
  for (let round = 0; round < 2; round += 1) await app.devtools.send('HeapProfiler.collectGarbage');
  const metrics = await app.metrics();
  const processMb = await residentMb(app);
  const heap = await app.devtools.send('Runtime.getHeapUsage');
  return {
    heapMb: (heap.usedSize + heap.embedderHeapUsedSize + heap.backingStorageSize) / MEBIBYTE,
    processMb,
    nodes: metrics('Nodes'),
    listeners: metrics('JSEventListeners'),
  };
}

/** Of the page's process, Chromium's own code included. */
export function residentMb({ electron }: WindowApp): Promise<number> {
  return electron.evaluate(
    ({ app }) => (app.getAppMetrics().find(({ type }) => type === 'Tab')?.memory.workingSetSize ?? 0) / 1024,
  );
}
