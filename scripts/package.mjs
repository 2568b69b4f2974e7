/**
 * `npm run package`: an installable app in release/. Made from Electron's official binary; where only a rebuild of it
 * could be had, the unpacked folder alone is built, to try it out on this machine.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureElectron, ensureWindow, isOfficial } from './electron.mjs';
import { ensureDependencies, fail, node24, root } from './setup.mjs';

ensureDependencies();
if (!(await ensureElectron())) fail('there is no Electron to package.');
ensureWindow();
const platform = { linux: '--linux', darwin: '--mac', win32: '--win' }[process.platform];
if (!platform) fail(`no package is made on ${process.platform}.`);
if (!isOfficial()) {
  process.stderr.write(
    "This is not Electron's official binary: building the unpacked folder only, not for others.\n",
  );
}
const builder = path.join(root, 'node_modules', 'electron-builder', 'cli.js');
const done = spawnSync(
  node24(),
  [
    builder,
    platform,
    ...(isOfficial() ? [] : ['dir']),
    '--publish',
    'never',
    '-c.electronDist=node_modules/electron/dist',
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exit(done.status ?? 1);
