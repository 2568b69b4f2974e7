import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';

/** Runs once for all window tests: a screen of their own. Set-up has built the window and fetched Electron. */
export default async function setup(): Promise<() => Promise<void>> {
  if (spawnSync('which', ['Xvfb']).status !== 0) {
    throw new Error('Xvfb is missing: apt-get install xvfb');
  }
  const screen = ['-screen', '0', '1440x900x24', '-nolisten', 'tcp'];
  const server = spawn('Xvfb', ['-displayfd', '3', ...screen], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const pipe = server.stdio[3];
  if (!pipe) throw new Error('Xvfb has no pipe to say its display on');
  const display = await new Promise<string>((resolve, reject) => {
    pipe.once('data', (data) => resolve(String(data).trim()));
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
  });
  process.env['DISPLAY'] = `:${display}`;
  process.env['SIDETONE_ROOT'] = path.resolve(import.meta.dirname, '../../..');
  return async () => {
    server.kill();
    await exited;
  };
}
