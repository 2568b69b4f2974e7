/**
 * `npm test`: set-up, then every part: format, types, lint, unit and integration tests, end-to-end tests,
 * the GPU stack's Python, SIP against other people's software, window tests.
 * Parts can be named (`npm test -- unit lint`). Ends with one line: `N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureElectron, ensureLibraries, ensureWindow } from './electron.mjs';
import { testGpuStack } from './gpu-stack.mjs';
import { ensureDependencies, ensureModels, ensureWitnesses, node24, root } from './setup.mjs';

const bin = (name) => path.join(root, 'node_modules', '.bin', name);

/** What failed, said once more at the end: a log of thousands of lines is read from there. */
const failures = [];

/** Each part returns { passed, failed }. A tool that only says yes or no counts as one test. */
const parts = {
  format: () => check('format', bin('prettier'), ['--check', '--log-level=warn', '.']),
  types: () => check('types', bin('tsc'), ['-b', '--pretty']),
  lint: () => check('lint', bin('oxlint'), ['--type-aware', '--deny-warnings']),
  unit: () => vitest('unit', ['--project', 'unit']),
  e2e: () => vitest('e2e', ['--project', 'e2e']),
  gpu: async () => {
    const { failures: told, ...counts } = await testGpuStack();
    failures.push(...told);
    return counts;
  },
  sip: () => vitest('sip', ['--project', 'sip']),
  window: () => vitest('window', ['--project', 'window']),
};

function check(name, command, args) {
  const started = performance.now();
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  const ok = done.status === 0;
  process.stdout.write(
    `${ok ? '✓' : '✗'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
  );
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

async function vitest(name, args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidetone-test-'));
  const report = path.join(folder, 'report.json');
  const run = spawn(
    bin('vitest'),
    ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env },
  );
  const [status] = await once(run, 'close');
  try {
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    for (const file of testResults) {
      for (const { status, fullName, failureMessages } of file.assertionResults) {
        if (status === 'failed') failures.push(`${file.name}: ${fullName}\n${failureMessages.join('\n')}`);
      }
      if (file.status === 'failed' && file.assertionResults.length === 0) {
        failures.push(`${file.name}: ${file.message}`);
      }
    }
    // A file that cannot even be loaded fails without a failed test.
    const failed = Math.max(numFailedTests, status === 0 ? 0 : 1);
    process.stdout.write(`${failed === 0 ? '✓' : '✗'} ${name}\n`);
    return { passed: numPassedTests, failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in parts));
if (unknown.length > 0) {
  process.stderr.write(`unknown part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}

ensureDependencies();
if (named.length === 0 || named.some((name) => ['unit', 'e2e', 'gpu', 'sip', 'window'].includes(name))) {
  ensureModels();
  ensureModels(['smollm2-135m']);
  ensureWitnesses();
}
if (named.length === 0 || named.includes('window')) {
  if (!(await ensureElectron()) || !ensureLibraries(['Xvfb'])) process.exit(3);
  ensureWindow();
}
const env = {
  ...process.env,
  PATH: `${path.dirname(node24())}${path.delimiter}${process.env['PATH'] ?? ''}`,
};

const wanted = Object.keys(parts).filter((name) => named.length === 0 || named.includes(name));
const outcomes = [];
// One after the other: what a window draws and a person hears suffers where two parts share two cores.
for (const name of wanted) outcomes.push(await parts[name]());
const sum = (what) => outcomes.reduce((total, outcome) => total + outcome[what], 0);
for (const failure of failures) process.stdout.write(`✗ ${failure}\n\n`);
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`);
process.exit(sum('failed') === 0 ? 0 : 1);
