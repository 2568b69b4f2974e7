import { Scope } from '../../../backend/base/scope.ts';
import { startXvfb } from '../../../backend/bench/window-display.ts';

/** Runs once for all window tests: a screen of their own. Set-up has built the window and fetched Electron. */
export default async function setup(): Promise<() => Promise<void>> {
  const scope = new Scope();
  process.env['DISPLAY'] = await startXvfb(scope);
  return () => scope.close();
}
