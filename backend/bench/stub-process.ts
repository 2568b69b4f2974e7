import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { encodeWav } from '../audio/wav.ts';
import { SidetoneError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import { percentile } from './percentiles.ts';

const ENTRY = fileURLToPath(new URL('./stubs/main.ts', import.meta.url));

/** Delays of the stubs that the benches are defined with, ms. */
export const STUB_DELAYS = { stt: 100, llm: 150, tts: 100 } as const;
export const STUB_SUM_MS = STUB_DELAYS.stt + STUB_DELAYS.llm + STUB_DELAYS.tts;

/** Starts the stub server in a process of its own; returns the root of its API. */
export async function startStubProcess(reply: string, scope: Scope): Promise<string> {
  const { stt, llm, tts } = STUB_DELAYS;
  const args = [ENTRY, '--stt', `${stt}`, '--llm', `${llm}`, '--tts', `${tts}`, '--reply', reply];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  scope.defer(async () => {
    child.stdin.end();
    child.kill();
    await exited;
  });
  const lines = createInterface(child.stdout);
  const first: unknown[] = await Promise.race([once(lines, 'line'), exited]);
  const line = typeof first[0] === 'string' ? first[0] : null;
  if (line === null) throw new SidetoneError('internal', 'the stub server did not start');
  return z.object({ url: z.string() }).parse(JSON.parse(line)).url;
}

/**
 * The stubs' real sum as a bare HTTP client sees it, over warm connections: transcript, then the reply's first clause,
 * then first audio. Median of `times`, ms.
 */
export async function measureStubs(url: string, times: number, scope: Scope): Promise<number> {
  const agent = new http.Agent({ keepAlive: true });
  scope.defer(() => agent.destroy());
  const form = await formBody();
  const json = (body: unknown): Body => ({
    type: 'application/json',
    bytes: Buffer.from(JSON.stringify(body)),
  });
  const chat = json({ model: 'stub', stream: true, messages: [{ role: 'user', content: 'Hello.' }] });
  const speech = json({ model: 'stub', voice: 'stub', input: 'Yes.', response_format: 'pcm' });
  const sums: number[] = [];
  for (let time = 0; time <= times; time += 1) {
    const from = performance.now();
    await post(agent, `${url}/audio/transcriptions`, form, () => false);
    await post(agent, `${url}/chat/completions`, chat, (text) => text.includes('."'));
    await post(agent, `${url}/audio/speech`, speech, (text) => text !== '');
    // The first opens the connections.
    if (time > 0) sums.push(performance.now() - from);
  }
  return percentile(sums, 50) ?? 0;
}

interface Body {
  readonly type: string;
  readonly bytes: Buffer;
}

async function formBody(): Promise<Body> {
  const form = new FormData();
  form.set('model', 'stub');
  form.set('file', new Blob([Buffer.from(encodeWav(new Int16Array(16_000), 16_000))]), 'segment.wav');
  const request = new Request('http://localhost', { method: 'POST', body: form });
  return { type: request.headers.get('content-type') ?? '', bytes: Buffer.from(await request.arrayBuffer()) };
}

/** Resolves as soon as `enough` of the answer is there, or at its end; the rest is read and thrown away. */
async function post(
  agent: http.Agent,
  url: string,
  body: Body,
  enough: (text: string) => boolean,
): Promise<void> {
  const answered = Promise.withResolvers<void>();
  const headers = { 'content-type': body.type, 'content-length': body.bytes.length };
  const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
    let text = '';
    response.setEncoding('latin1');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (enough(text)) answered.resolve();
    });
    response.on('end', () => answered.resolve());
  });
  request.on('error', answered.reject);
  request.end(body.bytes);
  await answered.promise;
}
