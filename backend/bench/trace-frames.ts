import type { BenchContext } from './context.ts';
import { SidetoneError } from '../base/errors.ts';
import { spread } from './percentiles.ts';
import { stretchShown, turnWheel, type WheelTurns } from './trace-page.ts';
import { openHour, openTable, type TraceSetting } from './trace-window.ts';
import { sleep } from './sleep.ts';
import type { WindowApp } from './window-app.ts';
import { droppedPercent, framesOf, GOAL_FRAME_MS, type Frames } from './window-frames.ts';
import { clearFrames } from './window-page.ts';

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
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}: zooming into an hour and out of it`);
    const at = (round + 1) / (rounds + 1);
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

  const common = { bench: 'trace', control: null } as const;
  for (const [name, watched] of [
    ['zooming, an hour to one packet and back', zooming],
    ['panning', panning],
  ] as const) {
    const intervals = watched.flatMap(({ intervals }) => intervals);
    figure({
      ...common,
      name: `frame to frame, ${name}`,
      unit: 'ms',
      measured: spread(intervals),
      goal: { p95: GOAL_FRAME_MS },
      note: `${droppedPercent(intervals).toFixed(1)} % dropped; ${setting.display.what}`,
    });
    figure({
      ...common,
      name: `script before a frame, ${name}`,
      unit: 'ms',
      measured: spread(watched.flatMap(({ script }) => script)),
      goal: null,
    });
  }
}

async function watch(app: WindowApp, wheel: WheelTurns): Promise<Frames> {
  await app.page.evaluate(clearFrames);
  await app.page.evaluate(turnWheel, wheel);
  return framesOf(app);
}
