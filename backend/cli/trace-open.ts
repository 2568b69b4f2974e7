import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { SidetoneError } from '../base/errors.ts';
import { REPOSITORY } from './paths.ts';

/** As contract/window.ts has it: may be one of the app's own traces, which only the app knows. */
const TRACE_ID = /^[\w-]{1,64}$/;

/**
 * `sidetone trace open`: the window with a trace in it. An app that runs already shows it; otherwise it is started, as
 * `npm start` does. Ends with the exit code of what it started.
 */
export async function openInWindow(target: string, { traces }: { readonly traces: string }): Promise<void> {
  const wanted = await placeOf(target, traces);
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    throw new SidetoneError('environment', 'there is no display (DISPLAY is not set) to open a window on', {
      hint: `look at it here with \`sidetone trace show\`, or make a page of it with \`sidetone trace export --format html\``,
    });
  }
  const start = path.join(REPOSITORY, 'scripts', 'start.mjs');
  const child = spawn(process.execPath, [start, wanted], { stdio: 'inherit' });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('exit', resolve);
  // Ctrl-C is the child's to handle.
  process.once('SIGINT', () => undefined);
  process.exitCode = (await promise) ?? 1;
}

/** @throws SidetoneError 'usage' for what is neither a file nor the name of a trace. */
async function placeOf(target: string, traces: string): Promise<string> {
  for (const place of [target, path.join(traces, target)]) {
    if ((await stat(place).catch(() => null)) !== null) return path.resolve(place);
  }
  if (TRACE_ID.test(target)) return target;
  throw new SidetoneError('usage', `there is no file ${target}`, {
    hint: 'give a .sidetone file, a capture (pcap, pcapng), the folder of a trace, or its name',
  });
}
