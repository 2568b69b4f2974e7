import type { BenchContext } from './context.ts';
import { spread } from './percentiles.ts';
import { passFrames, readWaits, scrollTable } from './trace-page.ts';
import { openTable, type TraceSetting } from './trace-window.ts';
import { sleep } from './sleep.ts';
import { droppedPercent, GOAL_FRAME_MS, watched, type Frames } from './window-frames.ts';

const KEY_EVERY_MS = 150;
/** Pixels a frame; a row has 28. The last is a scroll bar that is dragged: no row on show was there a frame before. */
const SPEEDS = [
  ['a row', 28],
  ['ten rows', 280],
  ['180 rows', 5040],
] as const;
/** Each letter filters thousands of texts anew, and so does taking it back. */
const SEARCHED = ['table for two', 'number 29', 'friday'];

/** The table of thousands of traces: scrolled and searched. */
export async function traceTableBench(
  { quick, scope, say, figure }: BenchContext,
  setting: TraceSetting,
): Promise<void> {
  const app = await openTable(setting, scope);
  const entries = (await app.ask('trace.list', null)).length;
  say(`scrolling and searching ${entries} rows`);
  const frames = quick ? 60 : 300;
  const scrolled = new Map<string, Frames>();
  for (const [how, by] of SPEEDS)
    scrolled.set(how, await watched(app, () => app.page.evaluate(scrollTable, { by, frames })));
  const still = await watched(app, () => app.page.evaluate(passFrames, frames));
  const search = app.page.locator('.traces-search input');
  await search.click();
  for (const text of quick ? SEARCHED.slice(0, 1) : SEARCHED) {
    for (const letter of text) {
      await app.page.keyboard.type(letter);
      await sleep(scope, KEY_EVERY_MS);
    }
    for (const _letter of text) {
      await app.page.keyboard.press('Backspace');
      await sleep(scope, KEY_EVERY_MS);
    }
  }
  const { searched } = await app.page.evaluate(readWaits);
  await app.close();

  const common = { bench: 'trace', unit: 'ms' } as const;
  for (const [how, { intervals }] of scrolled) {
    figure({
      ...common,
      name: `frame to frame, scrolling ${entries} rows by ${how} a frame`,
      measured: spread(intervals),
      goal: { p95: GOAL_FRAME_MS },
      control: { what: 'the same page left alone', ...spread(still.intervals) },
      note: `${droppedPercent(intervals).toFixed(1)} % dropped`,
    });
  }
  figure({
    ...common,
    name: `from a key in the search to its rows, of ${entries}`,
    measured: spread(searched),
    goal: null,
    control: null,
    note: 'to the start of the frame after the one that shows them; words that were said are searched',
  });
}
