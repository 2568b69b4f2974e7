import path from 'node:path';
import type { Scope } from '../base/scope.ts';
import type { HourTrace } from './trace-hour.ts';
import { readWaits, watchWaits } from './trace-page.ts';
import { sleep } from './sleep.ts';
import { WindowApp, type AppSettingsYaml } from './window-app.ts';
import type { Display } from './window-display.ts';
import { watchFrames } from './window-page.ts';

/** What the benches of `trace` have in common. */
export interface TraceSetting {
  readonly display: Display;
  readonly settings: AppSettingsYaml;
  readonly workspace: string;
  readonly hour: HourTrace;
}

/** Until what starting the window costs is over. */
const SETTLE_MS = 3000;
const LOOK_EVERY_MS = 20;

/** The window with the table of traces on show, and nothing more to do. */
export async function openTable(
  { display, settings, workspace }: TraceSetting,
  scope: Scope,
): Promise<WindowApp> {
  const app = await WindowApp.open(
    {
      display,
      settings,
      dataDir: path.join(workspace, 'data'),
      inPage: `(${watchFrames.toString()})();(${watchWaits.toString()})()`,
    },
    scope,
  );
  await app.tell('menu', 'view.traces');
  await app.page.locator('.traces-row').first().waitFor();
  await sleep(scope, SETTLE_MS);
  return app;
}

/** Clicks on the hour in the table. Returns how long until the lanes were drawn, ms. */
export async function openHour({ page }: WindowApp, { hour }: TraceSetting, scope: Scope): Promise<number> {
  const before = (await page.evaluate(readWaits)).opened.length;
  await page.locator(`.traces-row[data-trace="${hour.id}"]`).click();
  for (;;) {
    const opened = (await page.evaluate(readWaits)).opened[before];
    if (opened !== undefined) return opened;
    await sleep(scope, LOOK_EVERY_MS);
  }
}
