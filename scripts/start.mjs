/**
 * `npm start`: set-up, then the window. Where there is no screen, or no Electron for this system, the same engine in
 * the terminal: the demo bot on the telephone port with a call placed to it.
 */
import { ensureElectron, ensureLibraries, ensureWindow, hasDisplay, runWindow } from './electron.mjs';
import { ensureDependencies, ensureModels, runCli } from './setup.mjs';

const args = process.argv.slice(2);

ensureDependencies();
ensureModels();
if (!hasDisplay()) {
  process.stderr.write('There is no display (DISPLAY is not set): running without the window.\n');
  runCli(['serve', '--demo', ...args]);
} else if (!(await ensureElectron()) || !ensureLibraries()) {
  process.stderr.write('The window cannot be opened on this machine: running without it.\n');
  runCli(['serve', '--demo', ...args]);
} else {
  ensureWindow();
  runWindow(args);
}
