import path from 'node:path';
import type { BenchContext } from './context.ts';
import { prepareWindow } from './window-app.ts';
import { framesBench } from './window-frames.ts';
import { windowMemoryBench } from './window-memory.ts';
import { windowPacingBench } from './window-pacing.ts';
import { startBench } from './window-start.ts';
import { makeWorkspace, writeScriptedBot } from './workspace.ts';

/** The window: how soon it is there, how smoothly it draws, what it keeps, and that calls do not notice it. */
export async function windowBench(context: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(context.scope);
  const display = await prepareWindow(context.scope, context.say);
  const bot = await writeScriptedBot(workspace);
  const folder = (name: string): string => path.join(workspace, name);
  await startBench(context, display, workspace);
  await framesBench(context, display, folder('frames'), bot);
  await windowMemoryBench(context, display, folder('memory'), bot);
  await windowPacingBench(context, display, folder('pacing'), bot);
}
