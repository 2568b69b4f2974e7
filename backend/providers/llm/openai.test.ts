import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SidetoneError } from '../../base/errors.ts';
import { Scope } from '../../base/scope.ts';
import { startStub, type StubOptions } from '../../bench/stubs/stub.ts';
import { collect, failureOf, NEVER, settingsAt } from '../openai-testing.ts';
import type { CompletionRequest, LlmDelta } from '../types.ts';
import { OpenAiLlm } from './openai.ts';

const QUICK: StubOptions = { llmMs: 0, tokenMs: 0 };
const REPLY = 'I can help with that. What day would suit you best?';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

const request = (more: Partial<CompletionRequest> = {}): CompletionRequest => ({
  messages: [{ role: 'user', content: 'A table, please.' }],
  tools: [],
  temperature: 0.5,
  maxTokens: 100,
  signal: NEVER,
  ...more,
});

const textOf = (deltas: readonly LlmDelta[]) =>
  deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('');

async function failureWith(options: StubOptions, timeoutMs = 5000): Promise<SidetoneError> {
  const { url } = await startStub({ ...QUICK, ...options }, scope);
  return failureOf(
    collect(new OpenAiLlm(settingsAt(url, { timeout_ms: timeoutMs }).llm).complete(request())),
  );
}

describe('chat completions', () => {
  it('hands on the reply as it comes', async () => {
    const stub = await startStub(QUICK, scope);
    const deltas = await collect(new OpenAiLlm(settingsAt(stub.url).llm).complete(request()));
    expect(textOf(deltas)).toBe(REPLY);
    expect(deltas.length).toBe(11);
    expect(stub.requests[0]?.fields).toEqual({
      model: 'stub-model',
      messages: [{ role: 'user', content: 'A table, please.' }],
      stream: true,
      temperature: 0.5,
      max_tokens: 100,
    });
    expect(stub.requests[0]?.headers['authorization']).toBeUndefined();
  });

  it('puts tool calls together and sends back what came of them', async () => {
    const call = { id: 'call_7', name: 'free_tables', arguments: '{"day":"Friday"}' };
    const other = { id: 'call_8', name: 'hangup', arguments: '{}' };
    const replies = [{ text: 'One moment.', toolCalls: [call, other] }, { text: 'Table 4 is free.' }];
    const stub = await startStub({ ...QUICK, replies }, scope);
    const llm = new OpenAiLlm(settingsAt(stub.url).llm);
    const tools = [{ name: 'free_tables', description: 'Which are free.', parameters: { type: 'object' } }];
    const deltas = await collect(llm.complete(request({ tools })));
    expect(deltas.slice(-2)).toEqual([
      { type: 'tool', call },
      { type: 'tool', call: other },
    ]);
    await collect(
      llm.complete(
        request({
          messages: [
            { role: 'assistant', content: 'One moment.', toolCalls: [call] },
            { role: 'tool', toolCallId: 'call_7', content: '4' },
          ],
        }),
      ),
    );
    expect(stub.requests[0]?.fields['tools']).toEqual([
      {
        type: 'function',
        function: { name: 'free_tables', description: 'Which are free.', parameters: { type: 'object' } },
      },
    ]);
    expect(stub.requests[1]?.fields['messages']).toEqual([
      {
        role: 'assistant',
        content: 'One moment.',
        tool_calls: [
          {
            id: 'call_7',
            type: 'function',
            function: { name: 'free_tables', arguments: '{"day":"Friday"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_7', content: '4' },
    ]);
  });

  it('uses the name that newer models of OpenAI have for the limit, once it was told', async () => {
    const refusedFields = ['max_tokens'];
    const stub = await startStub(
      { ...QUICK, refusedFields, refusal: "Use 'max_completion_tokens' instead of 'max_tokens'." },
      scope,
    );
    const llm = new OpenAiLlm(settingsAt(stub.url).llm);
    expect(textOf(await collect(llm.complete(request())))).toBe(REPLY);
    expect(textOf(await collect(llm.complete(request())))).toBe(REPLY);
    expect(stub.requests.map(({ fields }) => fields['max_completion_tokens'])).toEqual([undefined, 100, 100]);
  });

  it('stops when it is cancelled midway, and closes its connection', async () => {
    const stub = await startStub({ ...QUICK, faults: { llm: 'stall' } }, scope);
    const cancel = new AbortController();
    const seen: LlmDelta[] = [];
    const error = await failureOf(
      (async () => {
        for await (const delta of new OpenAiLlm(settingsAt(stub.url).llm).complete(
          request({ signal: cancel.signal }),
        )) {
          seen.push(delta);
          cancel.abort();
        }
      })(),
    );
    expect(error.kind).toBe('cancelled');
    expect(seen.length).toBe(1);
  });

  it('does not begin when it is cancelled before', async () => {
    const stub = await startStub(QUICK, scope);
    const error = await failureOf(
      collect(new OpenAiLlm(settingsAt(stub.url).llm).complete(request({ signal: AbortSignal.abort() }))),
    );
    expect(error.kind).toBe('cancelled');
    expect(stub.requests).toEqual([]);
  });

  it('gives the far end up when its consumer stops listening', async () => {
    const stub = await startStub({ ...QUICK, faults: { llm: 'stall' } }, scope);
    for await (const delta of new OpenAiLlm(settingsAt(stub.url).llm).complete(request())) {
      expect(delta).toEqual({ type: 'text', text: 'I' });
      break;
    }
    const closed = Promise.withResolvers<void>();
    scope.every(1, () => {
      if (stub.requests[0]?.aborted) closed.resolve();
    });
    await closed.promise;
  });

  it('does not count the time that its consumer takes', async () => {
    const { url } = await startStub(QUICK, scope);
    const llm = new OpenAiLlm(settingsAt(url, { timeout_ms: 100 }).llm);
    let text = '';
    for await (const delta of llm.complete(request())) {
      if (text === '') await new Promise<void>((resolve) => void scope.after(150, resolve));
      if (delta.type === 'text') text += delta.text;
    }
    expect(text).toBe(REPLY);
  });
});

describe('what goes wrong with a reply', () => {
  it('nobody listens', async () => {
    const stubScope = scope.child();
    const { url } = await startStub(QUICK, stubScope);
    await stubScope.close();
    const error = await failureOf(collect(new OpenAiLlm(settingsAt(url).llm).complete(request())));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toBe(`LLM at ${url} (stub-model): nothing listens at ${url}`);
    expect(error.hint).toBe('start that server, or correct llm.base_url in bot.yaml');
  });

  it('something else than HTTP listens', async () => {
    const server = createTcpServer((socket) => void socket.end('SIP/2.0 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    scope.defer(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const error = await failureOf(
      collect(new OpenAiLlm(settingsAt(`http://127.0.0.1:${port}/v1`).llm).complete(request())),
    );
    expect(error.kind).toBe('garbled');
    expect(error.message).toContain('does not speak HTTP');
  });

  it('it never answers', async () => {
    const error = await failureWith({ faults: { llm: 'hang' } }, 100);
    expect(error.kind).toBe('timeout');
    expect(error.message).toContain('did not answer within 100 ms');
    expect(error.hint).toContain('llm.timeout_ms');
  });

  it('it is slow', async () => {
    expect((await failureWith({ llmMs: 60_000 }, 100)).kind).toBe('timeout');
  });

  it('it falls silent midway', async () => {
    const error = await failureWith({ faults: { llm: 'stall' } }, 100);
    expect(error.kind).toBe('timeout');
    expect(error.message).toContain('stopped midway');
  });

  it('the key is wrong', async () => {
    const { url } = await startStub({ ...QUICK, apiKey: 'right' }, scope);
    const settings = settingsAt(url, { api_key_env: 'STUB_KEY' }).llm;
    const error = await failureOf(
      collect(new OpenAiLlm(settings, { env: { STUB_KEY: 'wrong' } }).complete(request())),
    );
    expect(error.kind).toBe('refused');
    expect(error.message).toContain('answered 401: Incorrect API key provided');
    expect(error.hint).toContain('STUB_KEY');
    const right = new OpenAiLlm(settings, { env: { STUB_KEY: 'right' } });
    expect(textOf(await collect(right.complete(request())))).toBe(REPLY);
  });

  it('it wants a key and has none', async () => {
    const error = await failureWith({ apiKey: 'right' });
    expect(error.hint).toContain('llm.api_key_env');
  });

  it('it has other models', async () => {
    const error = await failureWith({ models: ['qwen', 'llama'] });
    expect(error.kind).toBe('refused');
    expect(error.message).toContain('does not have this model');
    expect(error.hint).toContain('qwen, llama');
  });

  it('it sends a web page', async () => {
    const error = await failureWith({ faults: { llm: 'html' } });
    expect(error.kind).toBe('garbled');
    expect(error.message).toContain('sent text/html ("Welcome to nginx!")');
    expect(error.hint).toContain('llm.base_url');
  });

  it('it sends broken JSON', async () => {
    const error = await failureWith({ faults: { llm: 'garbage' } });
    expect(error.kind).toBe('garbled');
    expect(error.message).toContain('sent no JSON: "{"choices": [oops"');
  });

  it('its reply has no end', async () => {
    const error = await failureWith({ faults: { llm: 'endless' } });
    expect(error.kind).toBe('garbled');
    expect(error.hint).toContain('ignores max_tokens');
  });

  it('the connection breaks midway: not repeated, because the beginning was handed on', async () => {
    const stub = await startStub({ ...QUICK, faults: { llm: 'reset_midway' } }, scope);
    const error = await failureOf(collect(new OpenAiLlm(settingsAt(stub.url).llm).complete(request())));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain('closed midway');
    expect(stub.requests.length).toBe(1);
  });

  it.each(['reset', 'busy', 'broken'] as const)('%s: repeated once, and told', async (fault) => {
    const stub = await startStub(QUICK, scope);
    const retries: string[] = [];
    const llm = new OpenAiLlm(settingsAt(stub.url).llm, { onRetry: ({ kind }) => retries.push(kind) });
    stub.fail('llm', fault, 1);
    expect(textOf(await collect(llm.complete(request())))).toBe(REPLY);
    stub.fail('llm', fault);
    const error = await failureOf(collect(llm.complete(request())));
    expect(error.kind).toBe(fault === 'reset' ? 'unreachable' : 'refused');
    expect(retries).toEqual([error.kind, error.kind]);
    expect(stub.requests.length).toBe(4);
  });

  it('it says nothing: an empty reply is no failure', async () => {
    const { url } = await startStub({ ...QUICK, faults: { llm: 'empty' } }, scope);
    expect(await collect(new OpenAiLlm(settingsAt(url).llm).complete(request()))).toEqual([]);
  });
});
