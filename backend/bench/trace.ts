import path from 'node:path';
import type { BenchContext } from './context.ts';
import { traceFramesBench } from './trace-frames.ts';
import { makeHourTrace, makeManyTraces } from './trace-hour.ts';
import { traceOpeningBench } from './trace-opening.ts';
import { traceTableBench } from './trace-table.ts';
import { prepareWindow } from './window-app.ts';
import { makeWorkspace, writeScriptedBot } from './workspace.ts';

const MANY = 3000;

/** Traces in the window: how soon an hour is on show and how it is looked at, and a table of thousands. */
export async function traceBench(context: BenchContext): Promise<void> {
  const { scope, say } = context;
  const workspace = await makeWorkspace(scope);
  const display = await prepareWindow(scope, say);
  const bot = await writeScriptedBot(workspace);
  const dir = path.join(workspace, 'traces');
  say(`a trace of an hour, and ${MANY} of short calls`);
  const hour = await makeHourTrace(dir);
  await makeManyTraces(dir, MANY);
  const settings = { bot, recordings: { dir, keep_days: null, max_gb: null } };
  const setting = { display, settings, workspace, hour };
  await traceOpeningBench(context, setting);
  await traceFramesBench(context, setting);
  await traceTableBench(context, setting);
}
