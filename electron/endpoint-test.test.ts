import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readWav } from '../backend/audio/wav.ts';
import { Scope } from '../backend/base/scope.ts';
import type { StubFault } from '../backend/bench/stubs/answers.ts';
import { startStub, type Stub, type StubOptions } from '../backend/bench/stubs/stub.ts';
import { loadBotFolder } from '../backend/bot/folder.ts';
import type { BotFolder } from '../backend/contract/host.ts';
import { botSettings } from '../backend/contract/settings.ts';
import { requests } from '../backend/contract/window.ts';
import { modelsDirectory } from '../backend/models/directory.ts';
import { InferenceClient } from '../backend/providers/embedded/client.ts';
import { InferenceWorker } from '../backend/providers/embedded/inference-worker.ts';
import { testEndpoint, type EndpointTest } from './endpoint-test.ts';

const demo = path.join(import.meta.dirname, '../bots/demo');
const speech = readFileSync(path.join(demo, 'caller/1-book.wav'));
const STAGES = ['stt', 'llm', 'tts'] as const;

let scope: Scope;
let folder: BotFolder;
beforeEach(async () => {
  scope = new Scope();
  folder = await loadBotFolder(demo, {});
});
afterEach(async () => {
  vi.useRealTimers();
  await scope.close();
});

const stub = (options: StubOptions = {}): Promise<Stub> =>
  startStub({ sttMs: 0, llmMs: 0, tokenMs: 0, ttsMs: 0, perChunkMs: 0, ...options }, scope);

/** A request as the gate hands it on. */
function asked(stage: (typeof STAGES)[number], settings: object): EndpointTest {
  const endpoint = { provider: 'openai', model: 'stub-model', ...settings };
  return requests['endpoint.test'].parse({ stage, bot: demo, settings: endpoint });
}

/** `inference`: a port that nobody answers, unless given. */
function tried(
  request: EndpointTest,
  more: { folder?: BotFolder; inference?: InferenceClient; keys?: Record<string, string> } = {},
) {
  const inference = more.inference ?? new InferenceClient(new MessageChannel().port1);
  scope.defer(() => inference.close());
  const means = {
    folder: more.folder ?? folder,
    speech,
    inference,
    modelsDir: modelsDirectory(),
    keys: more.keys ?? {},
  };
  return testEndpoint(request, means);
}

/** Takes connections and says nothing. */
async function silentServer(): Promise<{ server: Server; url: string }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return { server, url: `http://127.0.0.1:${address.port}/v1` };
}

/** Where nobody listens any more. */
async function deadUrl(): Promise<string> {
  const { server, url } = await silentServer();
  server.close();
  return url;
}

describe('an endpoint that works', () => {
  it('is given speech to transcribe', async () => {
    const { url, requests } = await stub({ transcripts: ['Hello there.'] });
    const report = await tried(asked('stt', { base_url: url, prompt: 'Sidetone' }));
    expect(report).toMatchObject({ ok: true, text: 'Hello there.', wav: null });
    expect(report.message).toBe(`stub-model at ${url} answered`);
    expect(report.firstMs).toBeLessThanOrEqual(report.tookMs);
    const { pcm, sampleRate } = readWav(speech);
    expect(requests[0]).toMatchObject({
      fields: { language: 'en', prompt: 'Sidetone' },
      audio: { samples: pcm.length, sampleRate },
    });
  });

  it('is asked for a sentence with the prompt of the bot', async () => {
    const { url, requests } = await stub({ replies: [{ text: 'Hello, how are you?' }] });
    const report = await tried(asked('llm', { base_url: url, max_tokens: 77 }));
    expect(report).toMatchObject({ ok: true, text: 'Hello, how are you?', wav: null });
    expect(report.firstMs).not.toBeNull();
    const [request] = requests;
    expect(request?.fields).toMatchObject({ max_tokens: 77, stream: true });
    const system = folder.prompt.split('```rules')[0]?.trim() ?? '';
    expect(JSON.stringify(request?.fields['messages'])).toContain(JSON.stringify(system).slice(1, -1));
    expect(JSON.stringify(request?.fields['messages'])).not.toContain('intents:');
  });

  it("speaks the bot's language in the bot's voice", async () => {
    const { url, requests } = await stub({ sampleRate: 16_000 });
    const voice = { ref_text: 'Раз, два.', name: 'anna', speed: 1.1 };
    const settings = botSettings.parse({ language: 'ru', voice });
    const report = await tried(asked('tts', { base_url: url, sample_rate: 16_000 }), {
      folder: { ...folder, settings, referenceWav: speech },
    });
    expect(report).toMatchObject({ ok: true, text: 'Извините, вас плохо слышно. Повторите, пожалуйста.' });
    const { pcm, sampleRate } = readWav(report.wav ?? new Uint8Array());
    expect(sampleRate).toBe(16_000);
    expect(pcm.length).toBeGreaterThan(8000);
    expect(requests[0]?.fields).toMatchObject({
      input: report.text,
      language: 'Russian',
      voice: 'anna',
      ref_text: 'Раз, два.',
      ref_audio: `data:audio/wav;base64,${speech.toString('base64')}`,
    });
  });

  it("finds out what is said in the bot's recording, as a call does", async () => {
    const { url, requests } = await stub({ transcripts: ['Book a table.'] });
    const stt = { provider: 'openai', model: 'ears', base_url: url };
    const cloned = { ...folder, settings: botSettings.parse({ stt }), referenceWav: speech };
    expect(await tried(asked('tts', { base_url: url }), { folder: cloned })).toMatchObject({ ok: true });
    expect(requests.map(({ stage }) => stage)).toEqual(['stt', 'tts']);
    expect(requests[1]?.fields['ref_text']).toBe('Book a table.');
    const deaf = botSettings.parse({ stt: { ...stt, base_url: await deadUrl() } });
    const report = await tried(asked('tts', { base_url: url }), { folder: { ...cloned, settings: deaf } });
    expect(report.message).toContain('the words of voice.ref_audio could not be found out: STT at');
  });
});

describe('an endpoint that does not work', () => {
  const faults: readonly (readonly [fault: StubFault, messages: Record<(typeof STAGES)[number], string>])[] =
    [
      ['html', { stt: 'sent text/html', llm: 'sent text/html', tts: 'sent text/html' }],
      ['busy', { stt: 'answered 429', llm: 'answered 429', tts: 'answered 429' }],
      ['empty', { stt: 'heard no words', llm: 'without a word', tts: 'sent no audio' }],
      ['hang', { stt: 'within 200 ms', llm: 'within 200 ms', tts: 'within 200 ms' }],
      ['stall', { stt: 'stopped midway', llm: 'stopped midway', tts: 'stopped midway' }],
    ];
  const cases = faults.flatMap(([fault, messages]) =>
    STAGES.map((stage) => [fault, stage, messages[stage]] as const),
  );

  it.each(cases)('%s at %s', async (fault, stage, message) => {
    const { url } = await stub({
      faults: { [stage]: fault },
      ...(fault === 'empty' ? { transcripts: [''] } : {}),
    });
    // What is busy is asked again, 200 ms later.
    const timeout_ms = fault === 'busy' ? 5000 : 200;
    const report = await tried(asked(stage, { base_url: url, timeout_ms }));
    expect(report).toMatchObject({ ok: false, wav: null });
    expect(report.message).toContain(message);
    expect(report.message).toContain(url);
  });

  it.each(STAGES)('asks for a key, or has another model, at %s', async (stage) => {
    const locked = await stub({ apiKey: 'secret' });
    const refused = await tried(asked(stage, { base_url: locked.url }));
    expect(refused).toMatchObject({ ok: false, firstMs: null, text: null });
    expect(refused.message).toMatch(/answered 401.*api_key_env/);
    const keyed = asked(stage, { base_url: locked.url, api_key_env: 'STUB_KEY' });
    expect((await tried(keyed, { keys: { STUB_KEY: 'secret' } })).ok).toBe(true);
    const other = await stub({ models: ['a', 'b'] });
    expect((await tried(asked(stage, { base_url: other.url }))).message).toMatch(/this model.*a, b/);
  });

  it.each(STAGES)('has another address, or lacks its key, at %s', async (stage) => {
    const base_url = await deadUrl();
    const gone = await tried(asked(stage, { base_url }));
    expect(gone).toMatchObject({ ok: false, firstMs: null });
    expect(gone.message).toContain(`nothing listens at ${base_url}`);
    const keyless = await tried(asked(stage, { base_url, api_key_env: 'NO_SUCH_KEY' }));
    expect(keyless.message).toContain('NO_SUCH_KEY, which is not set');
    expect((await tried(asked(stage, {}))).message).toContain('base_url is missing');
    const blocked = await tried(asked(stage, { base_url: 'http://127.0.0.1:5060/v1' }));
    expect(blocked.message).toContain('no HTTP client may talk to the port');
  });

  it.each(STAGES)('is not waited for as long as a call may, at %s', async (stage) => {
    const { server, url } = await silentServer();
    scope.defer(() => void server.close());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const connected = once(server, 'connection');
    const report = tried(asked(stage, { base_url: url, timeout_ms: 120_000 }));
    await connected;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await report).toMatchObject({ ok: false, firstMs: null });
    expect((await report).message).toContain('has not answered within 10 s, and a test waits no longer');
  });
});

describe('embedded models', () => {
  it('are tested by way of the inference worker', async () => {
    const worker = new InferenceWorker(scope, modelsDirectory(), () => undefined);
    const inference = new InferenceClient(worker.connect());
    const embedded = { provider: 'embedded' };
    const heard = await tried(asked('stt', { ...embedded, model: 'moonshine-tiny-en' }), { inference });
    expect(heard).toMatchObject({ ok: true, message: 'moonshine-tiny-en answered' });
    expect(heard.text?.toLowerCase()).toContain('appointment');
    const spoken = await tried(asked('tts', { ...embedded, model: 'piper-joe-en' }), { inference });
    expect(spoken).toMatchObject({ ok: true, message: 'piper-joe-en answered' });
    expect(readWav(spoken.wav ?? new Uint8Array()).pcm.length).toBeGreaterThan(10_000);
    const missing = await tried(asked('tts', { ...embedded, model: 'no-such-voice' }), { inference });
    expect(missing).toMatchObject({ ok: false, wav: null });
  });

  it('answer by the rules of the prompt', async () => {
    const report = await tried(asked('llm', { provider: 'embedded', model: 'rules' }));
    expect(report).toMatchObject({ ok: true, message: 'rules answered' });
    expect(report.text).not.toContain('no rules');
  });
});
