import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';

export interface Display {
  /** What a program needs in its environment to open windows there. */
  readonly env: Readonly<Record<string, string>>;
  /** Xvfb of the bench's own: frames are drawn by the CPU and shown to nobody. */
  readonly virtual: boolean;
  /** For the figures' notes. */
  readonly what: string;
}

/**
 * The screen there is, or an Xvfb that lives as long as the scope.
 * @throws SidetoneError 'environment' when there is neither.
 */
export async function openDisplay(scope: Scope): Promise<Display> {
  const shown = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  if (shown) return { env: {}, virtual: false, what: 'a real display' };
  return {
    env: { DISPLAY: await startXvfb(scope) },
    virtual: true,
    what: 'Xvfb and software rendering in the place of a display',
  };
}

/**
 * A screen that lives as long as the scope. @returns its DISPLAY
 * @throws SidetoneError 'environment' without Xvfb.
 */
export async function startXvfb(scope: Scope): Promise<string> {
  if (spawnSync('which', ['Xvfb']).status !== 0) {
    throw new SidetoneError('environment', 'there is no Xvfb to stand in for a display', {
      hint: 'apt-get install xvfb',
    });
  }
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    // A Ctrl-C is meant for the bench, which ends the window before its screen.
    detached: true,
  });
  const exited = once(server, 'exit');
  scope.defer(async () => {
    server.kill();
    await exited;
  });
  const pipe = server.stdio[3];
  if (!pipe) throw new SidetoneError('internal', 'Xvfb has no pipe to say its display on');
  const [said]: unknown[] = await Promise.race([once(pipe, 'data'), exited]);
  if (!Buffer.isBuffer(said)) throw new SidetoneError('environment', 'Xvfb did not start');
  return `:${said.toString().trim()}`;
}
