import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../base/finding.ts';
import { Scope } from '../base/scope.ts';
import { examine } from './doctor.ts';
import { httpServer } from './fixtures/http-server.ts';

let scope: Scope;
let folder: string;
beforeEach(async () => {
  scope = new Scope();
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-doctor-'));
});
afterEach(async () => {
  await scope.close();
  await rm(folder, { recursive: true, force: true });
});

/** A server with these answers, by path, and 404 for all else. */
async function serverWith(pages: Readonly<Record<string, readonly [status: number, body: object]>>) {
  const url = await httpServer(scope, (request, response) => {
    const [status, body] = pages[request.url ?? ''] ?? [404, {}];
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  return `${url}/v1`;
}

/** What is found up to and including `last`, of a bot whose voice is at `tts`. */
async function findings(last: string, tts: string, { port = 0, more = '' } = {}): Promise<Finding[]> {
  const scripted = 'stt: { provider: scripted }\nllm: { provider: scripted }';
  const yaml = `${scripted}\ntts: { provider: openai, model: f5-tts, base_url: ${tts} }\n${more}`;
  await writeFile(path.join(folder, 'bot.yaml'), yaml);
  await writeFile(path.join(folder, 'prompt.md'), '');
  const found: Finding[] = [];
  const options = { bot: folder, host: '127.0.0.1', port, accounts: null, modelsDir: folder, env: {} };
  for await (const finding of examine(options)) {
    found.push(finding);
    // What comes after it takes time.
    if (finding.what === last) break;
  }
  return found;
}

const MODELS = [200, { data: [{ id: 'f5-tts' }] }] as const;

describe('examine', () => {
  it('asks for the models that this bot needs, and no others', async () => {
    const found = await findings('tts http://127.0.0.1:1024/v1', 'http://127.0.0.1:1024/v1');
    const of = (name: string) => found.find(({ what }) => what === `model ${name}`)?.verdict;
    expect(of('silero-vad-v6')).toBe('fail');
    expect(of('moonshine-tiny-en')).toBe('warn');
  });

  it('tells which of the two ports is taken, and by whom', async () => {
    const taken = dgram.createSocket('udp4');
    scope.defer(() => void taken.close());
    taken.bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    for (const first of [port, port - 1]) {
      const [ports] = await findings('ports', 'http://localhost:8090/v1', { port: first });
      expect(ports).toMatchObject({ verdict: 'fail' });
      expect(ports?.message).toMatch(new RegExp(`UDP port ${port} is taken by .*\\(pid ${process.pid}\\)`));
    }
  });

  it('names the recording that is missing, here or at the server', async () => {
    const tts = await serverWith({ '/v1/models': MODELS, '/v1/audio/voices': [200, { voices: [] }] });
    expect((await findings('voice', tts)).at(-1)).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('voices/ref_audio.wav'),
    });
    const own = await findings('bot', tts, { more: 'voice: { ref_audio: ref_audio.wav }' });
    expect(own.at(-1)).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/there is no such file.*5 to 10 s/s),
    });
  });

  it("takes a server's own voice, and knows one that it does not have", async () => {
    const tts = await serverWith({
      '/v1/models': MODELS,
      '/v1/audio/voices': [200, { voices: ['default'] }],
    });
    expect((await findings('voice', tts)).at(-1)).toMatchObject({ verdict: 'ok' });
    expect((await findings('voice', tts, { more: 'voice: { name: anna }' })).at(-1)).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/anna.*it has default/),
    });
  });

  it('says what a service is not ready for, and what to do where its words tell', async () => {
    const message = 'the warm-up failed: CUDA out of memory. Tried to allocate 224 MiB';
    const tts = await serverWith({ '/v1/models': MODELS, '/ready': [503, { error: { message } }] });
    expect((await findings(`tts ${tts}`, tts)).at(-1)).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/is not ready: the warm-up failed: CUDA.*LLM_GPU_MEMORY_UTILIZATION/),
    });
  });
});
