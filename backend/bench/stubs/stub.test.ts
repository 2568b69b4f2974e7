import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Scope } from '../../base/scope.ts';
import { startStub } from './stub.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

const announcement = z.object({ url: z.url() });

describe('the stub server', () => {
  it('says which port is taken', async () => {
    const { url } = await startStub({}, scope);
    const port = Number(new URL(url).port);
    await expect(startStub({ port }, scope)).rejects.toMatchObject({ kind: 'environment' });
  });

  it('closes with its scope, answers under way included', async () => {
    const stubScope = scope.child();
    const { url } = await startStub({ faults: { tts: 'stall' }, ttsMs: 0 }, stubScope);
    const response = await fetch(`${url}/audio/speech`, {
      method: 'POST',
      body: '{"input":"one two three"}',
    });
    await stubScope.close();
    await expect(response.arrayBuffer()).rejects.toThrow();
    await expect(fetch(`${url}/models`)).rejects.toThrow();
  });

  it('answers what it does not know with 404, and what it cannot read with 400', async () => {
    const { url } = await startStub({}, scope);
    expect((await fetch(`${url}/embeddings`, { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await fetch(`${url}/chat/completions`, { method: 'POST', body: '{' })).status).toBe(400);
  });

  it('runs as a process of its own, until its stdin ends', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--stt', '0', '--transcript', 'Good morning.'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    scope.defer(() => void child.kill());
    const exited = once(child, 'exit');
    const [line]: unknown[] = await once(child.stdout, 'data');
    const { url } = announcement.parse(JSON.parse(String(line)));
    const form = new FormData();
    form.set('model', 'any');
    const response = await fetch(`${url}/audio/transcriptions`, { method: 'POST', body: form });
    expect(await response.json()).toEqual({ text: 'Good morning.' });
    child.stdin.end();
    expect((await exited)[0]).toBe(0);
  });
});
