/**
 * `node scripts/picture.mjs`: the README's pictures, of a real demo call in the real window: docs/window.png and
 * docs/demo.gif as it goes on, docs/trace.png of its trace afterwards. Needs Xvfb and ffmpeg.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureElectron, ensureLibraries, ensureWindow } from './electron.mjs';
import { ensureDependencies, ensureModels, fail, root } from './setup.mjs';

const WIDTH = 1360;
const HEIGHT = 850;
const RECORD_SECONDS = 30;
/** Of the moving picture. */
const FRAMES_PER_SECOND = 8;
const GIF_WIDTH = 960;

ensureDependencies();
ensureModels();
if (!(await ensureElectron()) || !ensureLibraries(['Xvfb', 'ffmpeg']))
  fail('there is no window to take pictures of.');
ensureWindow();
// Loaded late: the dependencies may just have been installed.
const { _electron } = await import('playwright-core');

const data = mkdtempSync(path.join(os.tmpdir(), 'sidetone-picture-'));
const screen = spawn(
  'Xvfb',
  ['-displayfd', '3', '-screen', '0', `${WIDTH}x${HEIGHT}x24`, '-nolisten', 'tcp'],
  {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  },
);
try {
  const display = await new Promise((resolve) => {
    screen.stdio[3].once('data', (number) => resolve(`:${String(number).trim()}`));
  });
  writeFileSync(
    path.join(data, 'settings.yaml'),
    'listen: { host: 127.0.0.1, port: 0 }\ntour_done: true\ntheme: light\nlanguage: en\n',
  );
  const place = { x: 0, y: 0, width: WIDTH, height: HEIGHT, maximized: false };
  writeFileSync(path.join(data, 'window.json'), JSON.stringify(place));
  const dist = path.join(root, 'node_modules', 'electron');
  const app = await _electron.launch({
    executablePath: path.join(dist, 'dist', readFileSync(path.join(dist, 'path.txt'), 'utf8')),
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      `--user-data-dir=${data}`,
      root,
    ],
    env: { ...process.env, DISPLAY: display },
  });
  const page = await app.firstWindow();
  await app.evaluate(({ Menu, BrowserWindow }) => {
    Menu.setApplicationMenu(null);
    BrowserWindow.getAllWindows()[0]?.setMenuBarVisibility(false);
  });
  const place_call = page.getByRole('button', { name: 'Place a demo call' }).first();
  await place_call.waitFor();
  const film = path.join(data, 'film.mkv');
  const grab = ['-f', 'x11grab', '-draw_mouse', '0', '-framerate', `${FRAMES_PER_SECOND}`];
  const recorder = spawn(
    'ffmpeg',
    [
      '-y',
      '-loglevel',
      'error',
      ...grab,
      '-video_size',
      `${WIDTH}x${HEIGHT}`,
      '-i',
      display,
      '-t',
      `${RECORD_SECONDS}`,
    ].concat(['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', film]),
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const recorded = new Promise((resolve) => recorder.once('exit', resolve));
  await place_call.click();
  await sleep(26_000);
  await page.screenshot({ path: path.join(root, 'docs', 'window.png') });
  await recorded;
  const openTrace = page.getByRole('button', { name: 'Open trace' }).first();
  await openTrace.click({ timeout: 60_000 });
  await page.getByRole('tab', { name: 'Turns' }).click();
  await page.getByRole('button', { name: 'Next turn' }).click();
  // The picture comes to rest.
  await sleep(2000);
  await page.screenshot({ path: path.join(root, 'docs', 'trace.png') });
  await app.close();
  const look =
    `fps=${FRAMES_PER_SECOND},scale=${GIF_WIDTH}:-1:flags=lanczos,split[a][b];` +
    '[a]palettegen=max_colors=64:stats_mode=diff[p];[b][p]paletteuse=dither=none:diff_mode=rectangle';
  const made = spawnSync(
    'ffmpeg',
    ['-y', '-loglevel', 'error', '-i', film, '-vf', look, path.join(root, 'docs', 'demo.gif')],
    { stdio: 'inherit' },
  );
  if (made.status !== 0) fail('ffmpeg could not make docs/demo.gif.');
} finally {
  screen.kill();
  rmSync(data, { recursive: true, force: true });
}
