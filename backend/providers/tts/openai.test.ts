import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SidetoneError } from '../../base/errors.ts';
import { Scope } from '../../base/scope.ts';
import { startStub, type StubOptions } from '../../bench/stubs/stub.ts';
import { collect, failureOf, NEVER, settingsAt } from '../openai-testing.ts';
import { toneSpeech } from '../tones.ts';
import type { SpeakRequest } from '../types.ts';
import { OpenAiTts } from './openai.ts';

const QUICK: StubOptions = { ttsMs: 0, perChunkMs: 0 };
const TEXT = 'We have a table for two at seven on Friday.';
const NAMED = { name: 'alloy', speed: 1, reference: null };

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

const request = (more: Partial<SpeakRequest> = {}): SpeakRequest => ({
  text: TEXT,
  language: 'ru',
  voice: NAMED,
  signal: NEVER,
  ...more,
});

async function failureWith(options: StubOptions, timeoutMs = 5000): Promise<SidetoneError> {
  const { url } = await startStub({ ...QUICK, ...options }, scope);
  return failureOf(collect(new OpenAiTts(settingsAt(url, { timeout_ms: timeoutMs }).tts).speak(request())));
}

describe('speech', () => {
  it.each([
    ['pcm', 24_000],
    ['wav', 16_000],
    ['wav', 22_050],
  ] as const)('as %s at %i Hz', async (format, sampleRate) => {
    const { url } = await startStub({ ...QUICK, format, sampleRate, chunkMs: 33 }, scope);
    const chunks = await collect(new OpenAiTts(settingsAt(url).tts).speak(request()));
    expect(new Set(chunks.map((chunk) => chunk.sampleRate))).toEqual(new Set([sampleRate]));
    expect(chunks.flatMap(({ pcm }) => [...pcm])).toEqual([...toneSpeech(TEXT, sampleRate)]);
  });

  it('is handed on before the server has finished', async () => {
    const stub = await startStub({ ...QUICK, faults: { tts: 'stall' } }, scope);
    for await (const { pcm } of new OpenAiTts(settingsAt(stub.url).tts).speak(request())) {
      expect(pcm.length).toBe(2400);
      break;
    }
  });

  it('asks for a named voice', async () => {
    const stub = await startStub(QUICK, scope);
    await collect(new OpenAiTts(settingsAt(stub.url).tts).speak(request()));
    expect(stub.requests[0]?.fields).toEqual({
      model: 'stub-model',
      input: TEXT,
      voice: 'alloy',
      response_format: 'pcm',
      stream_format: 'audio',
      language: 'Russian',
    });
  });

  it('asks for a cloned voice at another speed', async () => {
    const stub = await startStub(QUICK, scope);
    const reference = { wav: Uint8Array.of(1, 2, 3), text: 'What I say.' };
    const voice = { name: null, speed: 1.25, reference };
    await collect(new OpenAiTts(settingsAt(stub.url).tts).speak(request({ voice })));
    expect(stub.requests[0]?.fields).toEqual({
      model: 'stub-model',
      input: TEXT,
      ref_audio: 'data:audio/wav;base64,AQID',
      ref_text: 'What I say.',
      speed: 1.25,
      response_format: 'pcm',
      language: 'Russian',
    });
  });

  it('leaves out what a server has refused once', async () => {
    const stub = await startStub({ ...QUICK, refusedFields: ['stream_format', 'language'] }, scope);
    const tts = new OpenAiTts(settingsAt(stub.url).tts);
    await collect(tts.speak(request()));
    await collect(tts.speak(request()));
    expect(stub.requests.map(({ fields }) => [fields['stream_format'], fields['language']])).toEqual([
      ['audio', 'Russian'],
      [undefined, 'Russian'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('stops when it is cancelled midway', async () => {
    const { url } = await startStub({ ...QUICK, faults: { tts: 'stall' } }, scope);
    const cancel = new AbortController();
    let chunks = 0;
    const error = await failureOf(
      (async () => {
        for await (const chunk of new OpenAiTts(settingsAt(url).tts).speak(
          request({ signal: cancel.signal }),
        )) {
          expect(chunk.pcm.length).toBeGreaterThan(0);
          chunks += 1;
          cancel.abort();
        }
      })(),
    );
    expect(error.kind).toBe('cancelled');
    expect(chunks).toBe(1);
  });
});

describe('what goes wrong with speech', () => {
  it.each([
    ['hang', 'timeout', 'did not answer within 100 ms', 'tts.timeout_ms'],
    ['stall', 'timeout', 'stopped midway', 'tts.timeout_ms'],
    ['html', 'garbled', 'sent text/html ("Welcome to nginx!")', 'tts.base_url'],
    ['garbage', 'garbled', 'sent an odd number of bytes', 'response_format pcm'],
    ['empty', 'garbled', 'sent no audio', 'log of that server'],
    ['endless', 'garbled', 'does not stop speaking', 'tts.sample_rate'],
    ['reset_midway', 'unreachable', 'closed midway', "server's log"],
  ] as const)('%s', async (fault, kind, message, hint) => {
    const error = await failureWith({ faults: { tts: fault } }, 100);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it('raw audio at a third of the promised rate', async () => {
    const error = await failureWith({ sampleRate: 8000 });
    expect(error.kind).toBe('garbled');
    expect(error.message).toContain('s of audio for 33 letters');
    expect(error.hint).toContain('tts.sample_rate');
  });

  it('broken, then well again: repeated once', async () => {
    const stub = await startStub(QUICK, scope);
    stub.fail('tts', 'broken', 1);
    const retries: string[] = [];
    const tts = new OpenAiTts(settingsAt(stub.url).tts, { onRetry: ({ kind }) => retries.push(kind) });
    expect((await collect(tts.speak(request()))).length).toBeGreaterThan(0);
    expect(retries).toEqual(['refused']);
  });

  it('a field it needs is missing', async () => {
    const error = await failureWith({ refusedFields: ['model'], refusal: 'voice: field required' });
    expect(error.kind).toBe('refused');
    expect(error.message).toContain('answered 400: voice: field required');
    expect(error.hint).toContain('tts');
  });
});
