import type { BenchContext } from './context.ts';
import { prepareWindow } from './window-app.ts';
import { startBench } from './window-start.ts';
import { makeWorkspace } from './workspace.ts';

/** The window: how soon it is there, how smoothly it draws, what it keeps, and that calls do not notice it. */
export async function windowBench(context: BenchContext): Promise<void> {
  const workspace = await makeWorkspace(context.scope);
  const display = await prepareWindow(context.scope, context.say);
  await startBench(context, display, workspace);
}
