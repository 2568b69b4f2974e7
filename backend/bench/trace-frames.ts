import type { BenchContext } from './context.ts';
import { SidetoneError } from '../base/errors.ts';
import { spread } from './percentiles.ts';
import { passFrames, stretchShown, turnWheel, type WheelTurns } from './trace-page.ts';
import { openHour, openTable, type TraceSetting } from './trace-window.ts';
import { sleep } from './sleep.ts';
import type { WindowApp } from './window-app.ts';
import { droppedPercent, GOAL_FRAME_MS, watched, type Frames } from './window-frames.ts';

const SETTLE_MS = 1500;
const PACKET_MS = 20;
/** A notch of a wheel. */
const NOTCH = 100;
/** Of a wheel, in or out: e^(0.15 * 90) is more than all of an hour to one packet. */
const NOTCHES = 90;

/** How an hour is looked at: each frame is drawn anew, at another zoom or another place. */
export async function traceFramesBench(
  { quick, scope, say, figure }: BenchContext,
  setting: TraceSetting,
): Promise<void> {
  const rounds = quick ? 2 : 6;
  const app = await openTable(setting, scope);
  await openHour(app, setting, scope);
  await sleep(scope, SETTLE_MS);
  const zooming: Frames[] = [];
  const panning: Frames[] = [];
  const still: Frames[] = [];
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}: zooming into an hour and out of it`);
    const at = (round + 1) / (rounds + 1);
    still.push(await watched(app, () => app.page.evaluate(passFrames, 2 * NOTCHES)));
    const wheel = (deltaY: number): WheelTurns => ({ turns: NOTCHES, deltaY, shift: false, at });
    zooming.push(await watch(app, wheel(-NOTCH)));
    await sleep(scope, SETTLE_MS);
    const shown = await app.page.evaluate(stretchShown);
    if (shown > 2 * PACKET_MS) throw new SidetoneError('internal', `${shown} ms on show, not one packet`);
    zooming.push(await watch(app, wheel(NOTCH)));
    // From an eighth of the hour on show down to a tenth of a second: none of what is drawn can be used again.
    for (const notches of [14, 40, 55]) {
      await app.page.evaluate(turnWheel, { turns: notches, deltaY: -NOTCH, shift: false, at });
      panning.push(await watch(app, { turns: NOTCHES, deltaY: NOTCH / 2, shift: true, at }));
      await app.page.evaluate(turnWheel, { turns: notches, deltaY: NOTCH, shift: false, at });
    }
  }
  await app.close();

  const common = { bench: 'trace', unit: 'ms' } as const;
  const what = 'the same page left alone';
  const all = (which: keyof Frames, watched: readonly Frames[]): number[] =>
    watched.flatMap((frames) => frames[which]);
  for (const [name, frames] of [
    ['zooming, an hour to one packet and back', zooming],
    ['panning', panning],
  ] as const) {
    const intervals = all('intervals', frames);
    figure({
      ...common,
      name: `frame to frame, ${name}`,
      measured: spread(intervals),
      goal: { p95: GOAL_FRAME_MS },
      control: { what, ...spread(all('intervals', still)) },
      note: `${droppedPercent(intervals).toFixed(1)} % dropped, left alone ${droppedPercent(all('intervals', still)).toFixed(1)} %; ${setting.display.what}`,
    });
    figure({
      ...common,
      name: `script before a frame, ${name}`,
      measured: spread(all('script', frames)),
      goal: { p95: GOAL_FRAME_MS },
      control: { what, ...spread(all('script', still)) },
    });
  }
}

async function watch(app: WindowApp, wheel: WheelTurns): Promise<Frames> {
  return watched(app, () => app.page.evaluate(turnWheel, wheel));
}
