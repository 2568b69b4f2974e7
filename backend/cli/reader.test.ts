import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeCall } from '../trace/fixtures/written.ts';

const MAIN = path.join(import.meta.dirname, 'main.ts');

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-reader-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a reader that has seen enough', () => {
  it('ends the command without a word', async () => {
    // More than a pipe holds.
    const silence = new Int16Array(80_000);
    const dir = await writeCall(folder, { caller: silence, bot: silence });
    const command = '"$@" | head -c 4; echo " ${PIPESTATUS[0]}"';
    const args = [process.execPath, MAIN, 'trace', 'export', dir, '--format', 'stereo', '--out', '-'];
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command, 'bash', ...args]);
    expect({ stdout, stderr }).toEqual({ stdout: 'RIFF 0\n', stderr: '' });
  });
});
