import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scope } from '../base/scope.ts';
import { startStub } from '../bench/stubs/stub.ts';
import { OpenAiLlm } from './llm/openai.ts';
import { probeEndpoint, type Probe } from './openai-client.ts';
import { endpointFailure } from './openai-errors.ts';
import { collect, NEVER, settingsAt } from './openai-testing.ts';
import { OpenAiStt } from './stt/openai.ts';
import { OpenAiTts } from './tts/openai.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

const QUICK = { sttMs: 0, llmMs: 0, tokenMs: 0, ttsMs: 0, perChunkMs: 0 } as const;

describe('connections', () => {
  it('are opened by warm() and used again by every stage of every turn', async () => {
    const stub = await startStub(QUICK, scope);
    const { stt, llm, tts } = settingsAt(stub.url);
    const hearing = new OpenAiStt(stt);
    const thinking = new OpenAiLlm(llm);
    const speaking = new OpenAiTts(tts);
    // One after the other and with a pause, as in a conversation: they share one connection.
    const pause = () => new Promise<void>((resolve) => void scope.after(20, resolve));
    await hearing.warm();
    for (let turn = 0; turn < 3; turn += 1) {
      await pause();
      const segment = {
        pcm: new Int16Array(800),
        sampleRate: 8000,
        language: 'en',
        prompt: null,
        signal: NEVER,
      };
      await hearing.transcribe(segment);
      await pause();
      const messages = [{ role: 'user' as const, content: 'hello' }];
      await collect(thinking.complete({ messages, tools: [], temperature: 0, maxTokens: 50, signal: NEVER }));
      await pause();
      const voice = { name: null, speed: 1, reference: null };
      await collect(speaking.speak({ text: 'Hello.', language: 'en', voice, signal: NEVER }));
    }
    expect(stub.requests.length).toBe(10);
    expect(new Set(stub.requests.map(({ connection }) => connection)).size).toBe(1);
  });

  it('are not warmed while they are fresh, nor twice at once', async () => {
    const stub = await startStub({ ...QUICK, models: [] }, scope);
    const llm = new OpenAiLlm(settingsAt(stub.url).llm);
    await Promise.all([llm.warm(), llm.warm()]);
    await llm.warm();
    expect(stub.requests.map(({ stage }) => stage)).toEqual(['models']);
  });

  it('that cannot be opened are no failure of warm()', async () => {
    const stubScope = scope.child();
    const { url } = await startStub(QUICK, stubScope);
    await stubScope.close();
    await expect(new OpenAiLlm(settingsAt(url).llm).warm()).resolves.toBeUndefined();
  });
});

describe('settings that cannot work', () => {
  it('no base_url', () => {
    const { llm } = settingsAt('http://127.0.0.1/v1');
    const { base_url: _, ...without } = llm;
    expect(() => new OpenAiLlm(without)).toThrow('llm.base_url is missing');
  });

  it('a key that is not in the environment', () => {
    const { stt } = settingsAt('http://127.0.0.1/v1', { api_key_env: 'NO_SUCH_KEY' });
    expect(() => new OpenAiStt(stt, { env: {} })).toThrow('names NO_SUCH_KEY, which is not set');
  });

  it("OpenAI's own key is not sent to others", async () => {
    const stub = await startStub({ ...QUICK, models: [] }, scope);
    process.env['OPENAI_API_KEY'] = 'sk-of-openai';
    process.env['OPENAI_ORG_ID'] = 'org-of-openai';
    try {
      await new OpenAiLlm(settingsAt(stub.url).llm).warm();
    } finally {
      delete process.env['OPENAI_API_KEY'];
      delete process.env['OPENAI_ORG_ID'];
    }
    expect(JSON.stringify(stub.requests[0]?.headers)).not.toContain('of-openai');
  });
});

function probe(url: string, apiKey?: string): Promise<Probe> {
  const settings = settingsAt(url, apiKey ? { api_key_env: 'STUB_KEY' } : {}).stt;
  return probeEndpoint('stt', settings, { env: { STUB_KEY: apiKey } });
}

describe('the test of an endpoint', () => {
  it('finds the model', async () => {
    const { url } = await startStub({ models: ['stub-model'] }, scope);
    expect(await probe(url)).toMatchObject({ ok: true, message: `STT at ${url} (stub-model) is there` });
  });

  it('names the models there are instead', async () => {
    const { url } = await startStub({ models: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }, scope);
    const { ok, message } = await probe(url);
    expect(ok).toBe(false);
    expect(message).toContain('not in its list (it has a, b, c, d, e and 2 more)');
  });

  it('takes a server that lists no models', async () => {
    const { url } = await startStub({ models: null }, scope);
    expect(await probe(url)).toMatchObject({ ok: true });
  });

  it('finds a wrong key', async () => {
    const { url } = await startStub({ models: ['stub-model'], apiKey: 'right' }, scope);
    expect(await probe(url, 'right')).toMatchObject({ ok: true });
    const { ok, message } = await probe(url, 'wrong');
    expect(ok).toBe(false);
    expect(message).toContain('check the API key in the environment variable STUB_KEY');
  });

  it('finds nobody there', async () => {
    const stubScope = scope.child();
    const { url } = await startStub({}, stubScope);
    await stubScope.close();
    const { ok, message } = await probe(url);
    expect(ok).toBe(false);
    expect(message).toContain('nothing listens');
  });

  it('finds another kind of server', async () => {
    const { url } = await startStub({ faults: { models: 'html' } }, scope);
    const { ok, message } = await probe(url);
    expect(ok).toBe(false);
    expect(message).toContain('Welcome to nginx!');
  });
});

describe('failures below HTTP', () => {
  const endpoint = { stage: 'llm', url: 'https://example.invalid/v1', model: 'm', apiKeyEnv: null } as const;
  const failed = (code: string) =>
    endpointFailure(
      endpoint,
      new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) }),
    );

  it.each([
    ['ENOTFOUND', 'unreachable', 'there is no such host'],
    ['EHOSTUNREACH', 'unreachable', 'the machine does not answer'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unreachable', 'certificate is not trusted'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'garbled', 'does not speak TLS'],
  ])('%s', (code, kind, message) => {
    const error = failed(code);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(message);
    expect(error.retryable).toBe(false);
  });

  it('a broken connection is worth another try', () => {
    expect(failed('ECONNRESET').retryable).toBe(true);
  });

  it('a fault of ours is not blamed on the endpoint', () => {
    expect(endpointFailure(endpoint, new RangeError('bad index')).kind).toBe('internal');
  });
});
