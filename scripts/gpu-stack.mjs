/**
 * The Python side of the tests: environments from the lock files of gpu-stack/, and each room's checks in its own
 * (ruff, mypy, pytest). They are separate because their dependencies exclude each other.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fail, installDebian, node24, root } from './setup.mjs';

const stack = path.join(root, 'gpu-stack');
const CHECKS = 'tests/requirements-checks.txt';

/** locks: what is installed. rooms: folders of gpu-stack/ that are checked in it, each by itself. */
const ENVIRONMENTS = {
  tts: {
    locks: ['tts/requirements.txt', 'ray/requirements.txt', 'deploy/requirements.txt', CHECKS],
    rooms: ['common', 'tts', 'ray', 'deploy'],
  },
  stt: { locks: ['stt/requirements.txt', 'stt/requirements-test.txt', CHECKS], rooms: ['stt'] },
  tools: { locks: ['tests/requirements.txt', CHECKS], rooms: ['llm', 'tests'] },
};
const PACKAGES = ['common', 'tts', 'stt', 'llm', 'ray'];

const folderOf = (name) => path.join(stack, '.venv', name);
const programOf = (name, program) => path.join(folderOf(name), 'bin', program);

/** Creates the environments whose lock files changed since they were made. */
export function ensurePython() {
  for (const name of Object.keys(ENVIRONMENTS)) ensureEnvironment(name);
}

function ensureEnvironment(name) {
  const locks = ENVIRONMENTS[name].locks.map((lock) => path.join(stack, lock)).filter(existsSync);
  const hash = createHash('sha256');
  for (const lock of locks) hash.update(readFileSync(lock));
  const wanted = hash.digest('hex');
  const stamp = path.join(folderOf(name), 'locks.sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

  process.stderr.write(`Installing the Python environment ${name} ...\n`);
  const started = performance.now();
  rmSync(folderOf(name), { recursive: true, force: true });
  createVenv(folderOf(name));
  const pip = (...args) => {
    const options = ['--quiet', '--disable-pip-version-check', '--no-input'];
    const done = spawnSync(programOf(name, 'python'), ['-m', 'pip', 'install', ...options, ...args], {
      stdio: ['ignore', 2, 2],
    });
    if (done.status !== 0) fail(`pip could not install the environment ${name}; what it printed says why.`);
  };
  // What torch needs beside itself differs between its builds, so no lock names it.
  const torch = locks.flatMap((lock) => readFileSync(lock, 'utf8').match(/^torch==\S+/gm) ?? []);
  if (torch.length > 0) pip(...torch);
  pip('--no-deps', ...locks.flatMap((lock) => ['-r', lock]));
  removeTorchaudioBinaries(name);
  writeFileSync(stamp, wanted);
  process.stderr.write(`${name} installed in ${((performance.now() - started) / 1000).toFixed(0)} s.\n`);
}

/** A Python from 3.11 on, and Debian's package for environments where it is missing. */
function createVenv(folder) {
  const recent = ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'];
  const find = () => ['python3.11', 'python3'].find((name) => spawnSync(name, recent).status === 0);
  const create = () => {
    const python = find();
    return python !== undefined && spawnSync(python, ['-m', 'venv', folder]).status === 0;
  };
  if (create()) return;
  rmSync(folder, { recursive: true, force: true });
  installDebian(['python3-venv']);
  if (!create()) fail('gpu-stack/ needs Python 3.11 or newer with its venv module (Debian: python3-venv).');
}

/** torchaudio's binaries want a CUDA that torch's CPU build has not; what F5-TTS uses of it is plain Python. */
function removeTorchaudioBinaries(name) {
  const site = path.join(folderOf(name), 'lib');
  for (const python of readdirSync(site)) {
    const folder = path.join(site, python, 'site-packages', 'torchaudio', 'lib');
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder)) if (file.endsWith('.so')) rmSync(path.join(folder, file));
  }
}

/**
 * Checks every room. Returns { passed, failed, failures }: a tool that only says yes or no counts as one test,
 * `failures` says what failed, with what was printed.
 */
export async function testGpuStack() {
  ensurePython();
  const outcome = { passed: 0, failed: 0, failures: [] };
  // The chain's services come from the other environments, so `tools` comes after `stt`; two lanes fill two cores.
  await Promise.all([lane(['tts'], outcome), lane(['stt', 'tools'], outcome)]);
  process.stdout.write(`${outcome.failed === 0 ? '✓' : '✗'} gpu\n`);
  return outcome;
}

async function lane(names, outcome) {
  for (const name of names) {
    for (const room of ENVIRONMENTS[name].rooms.filter((folder) => existsSync(path.join(stack, folder)))) {
      await checkRoom(name, room, outcome);
    }
  }
}

async function checkRoom(name, room, outcome) {
  const files = room === 'tests' ? [room, 'bench.py'] : [room];
  const env = environmentOf(name, room);
  const tool = async (label, args) => {
    const { status, said } = await run(programOf(name, 'python'), ['-m', ...args], env);
    count(outcome, status === 0 ? 1 : 0, status === 0 ? [] : [`gpu-stack/${room}: ${label}\n${said}`]);
  };
  await tool('ruff', ['ruff', 'check', '--quiet', '--no-cache', ...files]);
  if (holdsPython(path.join(stack, room))) {
    await tool('mypy', ['mypy', '--cache-dir', path.join(folderOf(name), 'mypy', room), ...files]);
  }
  if (holdsTests(path.join(stack, room))) await pytest(name, room, env, outcome);
}

async function pytest(name, room, env, outcome) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidetone-gpu-'));
  const report = path.join(folder, 'report.xml');
  try {
    const started = performance.now();
    const { status, said } = await run(
      programOf(name, 'python'),
      ['-m', 'pytest', '--quiet', `--junit-xml=${report}`, room],
      env,
    );
    process.stdout.write(
      `${said}gpu-stack/${room}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
    );
    const { passed, failures } = existsSync(report)
      ? readReport(readFileSync(report, 'utf8'), room)
      : { passed: 0, failures: [] };
    // A run that broke off has no failed test to show.
    if (status !== 0 && failures.length === 0) failures.push(`gpu-stack/${room}: pytest\n${said}`);
    count(outcome, passed, failures);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a JUnit report says: how many tests passed, and each failure with its text. */
export function readReport(xml, room) {
  let passed = 0;
  const failures = [];
  for (const [, attributes, , body = ''] of xml.matchAll(
    /<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const reason = /<(?:failure|error)\b[^>]*?(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/.exec(body);
    if (reason) failures.push(`gpu-stack/${room}: ${attributeOf(attributes)}\n${unescaped(reason[1] ?? '')}`);
    else if (!body.includes('<skipped')) passed += 1;
  }
  return { passed, failures };
}

function attributeOf(attributes) {
  const value = (name) => unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
  return `${value('classname')}: ${value('name')}`;
}

const unescaped = (text) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#10;', '\n')
    .replaceAll('&amp;', '&');

function count(outcome, passed, failures) {
  outcome.passed += passed;
  outcome.failed += failures.length;
  outcome.failures.push(...failures);
}

function environmentOf(name, room) {
  const inStack = (...folders) => folders.map((folder) => path.join(stack, folder)).join(path.delimiter);
  return {
    ...process.env,
    PATH: [path.dirname(programOf(name, 'python')), path.dirname(node24()), process.env['PATH'] ?? ''].join(
      path.delimiter,
    ),
    PYTHONPATH: inStack(...PACKAGES, 'tts/tests'),
    MYPYPATH: inStack(room === 'tests' ? room : `${room}/tests`, 'tts/tests'),
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: '1',
    // A test that asks a model hub is wrong, also where one would answer.
    HF_HUB_OFFLINE: '1',
  };
}

async function run(command, args, env) {
  const child = spawn(command, args, { cwd: stack, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  const [status] = await once(child, 'close');
  return { status, said: Buffer.concat(said).toString() };
}

const entries = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
const holdsTests = (folder) =>
  [...entries(folder), ...entries(path.join(folder, 'tests'))].some((file) => /^test_.*\.py$/.test(file));
const holdsPython = (folder) =>
  [...entries(folder), ...entries(path.join(folder, 'tests'))].some((file) => file.endsWith('.py')) ||
  entries(folder).some((entry) => entry.startsWith('sidetone_'));

// `node scripts/gpu-stack.mjs`: the environments alone.
if (process.argv[1] === import.meta.filename) ensurePython();
