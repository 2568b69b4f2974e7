/**
 * `npm test`: set-up, then every part: format, types, lint, unit and integration tests, end-to-end tests, window tests.
 * Parts can be named (`npm test -- unit lint`). Ends with one line: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureElectron, ensureLibraries, ensureWindow } from './electron.mjs';
import { ensureDependencies, ensureModels, ensureWitnesses, node24, root } from './setup.mjs';

const bin = (name) => path.join(root, 'node_modules', '.bin', name);

/** Each part returns { passed, failed }. A tool that only says yes or no counts as one test. */
const parts = {
  format: () => once('format', bin('prettier'), ['--check', '--log-level=warn', '.']),
  types: () => once('types', bin('tsc'), ['-b', '--pretty']),
  lint: () => once('lint', bin('oxlint'), ['--type-aware', '--deny-warnings']),
  unit: () => vitest('unit', ['--project', 'unit']),
  e2e: () => vitest('e2e', ['--project', 'e2e']),
  window: () => vitest('window', ['--project', 'window']),
};

function once(name, command, args) {
  const started = performance.now();
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  const ok = done.status === 0;
  process.stdout.write(
    `${ok ? '✓' : '✗'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
  );
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

function vitest(name, args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidetone-test-'));
  const report = path.join(folder, 'report.json');
  const done = spawnSync(
    bin('vitest'),
    ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { cwd: root, stdio: 'inherit', env },
  );
  try {
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    // A file that cannot even be loaded fails without a failed test.
    const failed = Math.max(numFailedTests, done.status === 0 ? 0 : 1);
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
if (named.length === 0 || named.some((name) => ['unit', 'e2e', 'window'].includes(name))) {
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

const total = { passed: 0, failed: 0 };
for (const [name, run] of Object.entries(parts)) {
  if (named.length > 0 && !named.includes(name)) continue;
  const { passed, failed } = run();
  total.passed += passed;
  total.failed += failed;
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);
