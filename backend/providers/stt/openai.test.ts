import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SidetoneError } from '../../base/errors.ts';
import { Scope } from '../../base/scope.ts';
import { startStub, type StubOptions } from '../../bench/stubs/stub.ts';
import { failureOf, NEVER, settingsAt } from '../openai-testing.ts';
import type { TranscribeRequest } from '../types.ts';
import { OpenAiStt } from './openai.ts';

const QUICK: StubOptions = { sttMs: 0, partialMs: 0, transcripts: ['A table for two.'] };

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

const segment = (more: Partial<TranscribeRequest> = {}): TranscribeRequest => ({
  pcm: new Int16Array(16_000).fill(1000),
  sampleRate: 16_000,
  language: 'en-GB',
  prompt: null,
  signal: NEVER,
  ...more,
});

async function failureWith(options: StubOptions, timeoutMs = 5000): Promise<SidetoneError> {
  const { url } = await startStub({ ...QUICK, ...options }, scope);
  return failureOf(new OpenAiStt(settingsAt(url, { timeout_ms: timeoutMs }).stt).transcribe(segment()));
}

describe('transcriptions', () => {
  it('send the segment as a WAV with language and prompt', async () => {
    const stub = await startStub(QUICK, scope);
    const stt = new OpenAiStt(settingsAt(stub.url).stt);
    expect(await stt.transcribe(segment({ prompt: 'Chez Panisse' }))).toBe('A table for two.');
    expect(stub.requests[0]?.audio).toEqual({ samples: 16_000, sampleRate: 16_000 });
    expect(stub.requests[0]?.fields).toEqual({ model: 'stub-model', language: 'en', prompt: 'Chez Panisse' });
  });

  it('give the text so far where the server streams', async () => {
    const stub = await startStub(QUICK, scope);
    const partials: string[] = [];
    const text = await new OpenAiStt(settingsAt(stub.url).stt).transcribe(
      segment({ onPartial: (partial) => partials.push(partial) }),
    );
    expect(text).toBe('A table for two.');
    expect(partials).toEqual(['A', 'A table', 'A table for', 'A table for two.', 'A table for two.']);
  });

  it('ask a server that refuses to stream only once', async () => {
    const stub = await startStub({ ...QUICK, refusedFields: ['stream'] }, scope);
    const stt = new OpenAiStt(settingsAt(stub.url).stt);
    const withPartials = segment({ onPartial: () => undefined });
    expect(await stt.transcribe(withPartials)).toBe('A table for two.');
    expect(await stt.transcribe(withPartials)).toBe('A table for two.');
    expect(stub.requests.map(({ fields }) => fields['stream'])).toEqual(['true', undefined, undefined]);
  });

  it('may hold no words', async () => {
    const { url } = await startStub({ ...QUICK, faults: { stt: 'empty' } }, scope);
    expect(await new OpenAiStt(settingsAt(url).stt).transcribe(segment())).toBe('');
  });

  it('are cancelled', async () => {
    const stub = await startStub({ ...QUICK, faults: { stt: 'hang' } }, scope);
    const cancel = new AbortController();
    const error = failureOf(
      new OpenAiStt(settingsAt(stub.url).stt).transcribe(segment({ signal: cancel.signal })),
    );
    const stop = scope.every(1, () => {
      if (stub.requests.length > 0) cancel.abort();
    });
    expect((await error).kind).toBe('cancelled');
    stop();
  });
});

describe('what goes wrong with a transcription', () => {
  it.each([
    ['hang', 'timeout', 'did not answer within 100 ms', 'stt.timeout_ms'],
    ['stall', 'timeout', 'did not answer within 100 ms', 'stt.timeout_ms'],
    ['html', 'garbled', 'sent text/html ("Welcome to nginx!")', 'stt.base_url'],
    ['garbage', 'garbled', 'sent JSON of another shape: "{"transcript":"A table for two."}"', 'stt.base_url'],
  ] as const)('%s', async (fault, kind, message, hint) => {
    const error = await failureWith({ faults: { stt: fault } }, 100);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it.each([
    ['reset', 'unreachable', 'closed midway'],
    ['reset_midway', 'unreachable', 'closed midway'],
    ['busy', 'refused', 'answered 429: Rate limit reached'],
    ['broken', 'refused', 'answered 500: CUDA out of memory'],
  ] as const)('%s: repeated once', async (fault, kind, message) => {
    const stub = await startStub({ ...QUICK, faults: { stt: fault } }, scope);
    const retries: string[] = [];
    const stt = new OpenAiStt(settingsAt(stub.url).stt, { onRetry: (error) => retries.push(error.message) });
    const error = await failureOf(stt.transcribe(segment()));
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(message);
    expect(retries).toEqual([error.message]);
    expect(stub.requests.length).toBe(2);
    stub.fail('stt', fault, 1);
    expect(await stt.transcribe(segment())).toBe('A table for two.');
  });

  it('the retry does not add to the time', async () => {
    const error = await failureWith({ faults: { stt: 'busy' } }, 100);
    expect(error.kind).toBe('timeout');
  });

  it('the model is unknown', async () => {
    const error = await failureWith({ models: ['whisper-1'] });
    expect(error.kind).toBe('refused');
    expect(error.hint).toContain('whisper-1');
  });
});
