/**
 * `node scripts/picture.mjs`: the README's pictures, of real calls in the real window. A demo call: docs/window.png and
 * docs/demo.gif as it goes on, docs/trace.png of its trace afterwards. A call over SIP to the demo bot, with the demo's
 * caller in the microphone: docs/phone.png. Needs Xvfb and ffmpeg.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureElectron, ensureLibraries, ensureWindow } from './electron.mjs';
import { ensureDependencies, ensureModels, fail, root } from './setup.mjs';

const WIDTH = 1360;
const HEIGHT = 850;
const RECORD_SECONDS = 30;
/** The bot's own telephone, for the call over SIP. */
const BOT_SIP = '127.0.0.1:25060';
const DOMAIN = 'harbor-dental.example';
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
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
);
try {
  const display = await new Promise((resolve) => {
    screen.stdio[3].once('data', (number) => resolve(`:${String(number).trim()}`));
  });
  await demoCall(display);
  await phoneCall(display);
} finally {
  screen.kill();
  rmSync(data, { recursive: true, force: true });
}

async function demoCall(display) {
  const { app, page } = await openWindow(display, 'demo');
  const placeCall = page.getByRole('button', { name: 'Place a demo call' }).first();
  await placeCall.waitFor();
  const film = path.join(data, 'film.mkv');
  const grab = `-f x11grab -draw_mouse 0 -framerate ${FRAMES_PER_SECOND} -video_size ${WIDTH}x${HEIGHT}`;
  const keep = `-t ${RECORD_SECONDS} -c:v libx264 -preset ultrafast -crf 12`;
  const recorded = ffmpeg([...`${grab} -i ${display} ${keep}`.split(' '), film]);
  await placeCall.click();
  await sleep(26_000);
  await shoot(page, 'window.png');
  await recorded;
  const openTrace = page.getByRole('button', { name: 'Open trace' }).first();
  await openTrace.click({ timeout: 60_000 });
  await page.getByRole('tab', { name: 'Turns' }).click();
  await page.getByRole('button', { name: 'Next turn' }).click();
  // The picture comes to rest.
  await sleep(2000);
  await shoot(page, 'trace.png');
  await app.close();
  const look =
    `fps=${FRAMES_PER_SECOND},scale=${GIF_WIDTH}:-1:flags=lanczos,split[a][b];` +
    '[a]palettegen=max_colors=64:stats_mode=diff[p];[b][p]paletteuse=dither=none:diff_mode=rectangle';
  await ffmpeg(['-i', film, '-vf', look, path.join(root, 'docs', 'demo.gif')]);
}

async function phoneCall(display) {
  const callers = path.join(root, 'bots', 'demo', 'caller');
  const said = path.join(data, 'said.wav');
  // Each after the bot has had its say.
  const turns = ['1-book.wav', '2-when.wav'].flatMap((name) => ['-i', path.join(callers, name)]);
  const mix = '[0]adelay=5s,apad=whole_dur=14s[a];[a][1]concat=n=2:v=0:a=1,apad=pad_dur=60';
  await ffmpeg([...turns, '-filter_complex', mix, '-ar', '48000', said]);
  const answering = path.join(data, 'answering.yaml');
  const its = `{ aor: 'sip:reception@${DOMAIN}', register: false, bind: '${BOT_SIP}', allow: ['127.0.0.0/8'] }`;
  writeFileSync(answering, `accounts:\n  reception: ${its}\n`);
  const command = [
    path.join(root, 'scripts', 'sidetone.mjs'),
    'serve',
    '--bot',
    path.join(root, 'bots', 'demo'),
  ];
  const bot = spawn(
    process.execPath,
    [...command, '--accounts', answering, '--rtp', '127.0.0.1:0', '--json'],
    { cwd: data, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    for await (const line of createInterface(bot.stdout)) if (line.includes('"state":"ready"')) break;
    const own = `{ aor: 'sip:desk@${DOMAIN}', register: false, proxy: 'sip:${BOT_SIP};transport=udp', who: ring }`;
    const { app, page } = await openWindow(display, 'phone', {
      accounts: `accounts:\n  desk: ${own}\n`,
      switches: ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${said}%noloop`],
    });
    await page.getByRole('combobox', { name: 'Who speaks on our side' }).selectOption({ label: 'I speak' });
    const field = page.getByRole('combobox', { name: 'Whom to call' });
    await field.fill(`reception@${DOMAIN}`);
    await field.press('Enter');
    await page.getByRole('tab', { name: 'SIP' }).click();
    await sleep(24_000);
    await page.getByRole('tabpanel', { name: 'SIP' }).getByText('200 OK').click();
    await sleep(500);
    await shoot(page, 'phone.png');
    await app.close();
  } finally {
    bot.kill();
  }
}

async function openWindow(display, name, { accounts, switches = [] } = {}) {
  const folder = path.join(data, name);
  mkdirSync(folder);
  writeFileSync(
    path.join(folder, 'settings.yaml'),
    'listen: { host: 127.0.0.1, port: 0 }\ntour_done: true\ntheme: light\nlanguage: en\n',
  );
  const place = { x: 0, y: 0, width: WIDTH, height: HEIGHT, maximized: false };
  writeFileSync(path.join(folder, 'window.json'), JSON.stringify(place));
  if (accounts !== undefined) writeFileSync(path.join(folder, 'accounts.yaml'), accounts);
  const dist = path.join(root, 'node_modules', 'electron');
  const app = await _electron.launch({
    executablePath: path.join(dist, 'dist', readFileSync(path.join(dist, 'path.txt'), 'utf8')),
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      ...switches,
      `--user-data-dir=${folder}`,
      root,
    ],
    env: { ...process.env, DISPLAY: display },
  });
  const page = await app.firstWindow();
  await app.evaluate(({ Menu, BrowserWindow }) => {
    Menu.setApplicationMenu(null);
    BrowserWindow.getAllWindows()[0]?.setMenuBarVisibility(false);
  });
  return { app, page };
}

function shoot(page, name) {
  return page.screenshot({ path: path.join(root, 'docs', name) });
}

async function ffmpeg(args) {
  const made = spawn('ffmpeg', ['-y', '-loglevel', 'error', ...args], { stdio: 'inherit' });
  const [status] = await once(made, 'exit');
  if (status !== 0) fail(`ffmpeg could not make ${args.at(-1)}.`);
}
