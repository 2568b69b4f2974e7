import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWav } from '../../audio/wav.ts';
import { Scope } from '../../base/scope.ts';
import { modelsDirectory } from '../../models/directory.ts';
import type { PcmChunk } from '../types.ts';
import { InferenceClient } from './client.ts';
import { InferenceWorker } from './inference-worker.ts';

/** Real models behind the real thread and ports. */

const jfk = readWav(readFileSync(new URL('../../vad/fixtures/jfk.wav', import.meta.url)));
const never = new AbortController().signal;
const segment = { ...jfk, language: 'en', prompt: null, signal: never };
const voice = { name: null, speed: 1, reference: null };

const scope = new Scope();
let client: InferenceClient;
beforeAll(() => {
  client = new InferenceClient(new InferenceWorker(scope, modelsDirectory(), () => undefined).connect());
});
afterAll(async () => {
  client.close();
  await scope.close();
});

async function all(chunks: AsyncIterable<PcmChunk>): Promise<PcmChunk[]> {
  const found: PcmChunk[] = [];
  for await (const chunk of chunks) found.push(chunk);
  return found;
}

describe('InferenceClient', () => {
  it('transcribes', async () => {
    expect(await client.stt('moonshine-tiny-en').transcribe(segment)).toContain('what your country can do');
    expect(jfk.pcm.length).toBeGreaterThan(0);
  });

  it('speaks a sentence at a time', async () => {
    const text = 'Hello there. This is the second sentence.';
    const request = { text, language: 'en', voice, signal: never };
    const chunks = await all(client.tts('piper-joe-en').speak(request));
    expect(chunks.map(({ sampleRate }) => sampleRate)).toEqual([22_050, 22_050]);
    const again = await all(client.tts('piper-joe-en').speak(request));
    expect(again.map(({ pcm }) => pcm.length)).toEqual(chunks.map(({ pcm }) => pcm.length));
  });

  it('judges turns', async () => {
    const probability = await client.completeness().judge({ ...jfk, signal: never });
    expect(probability).toBeGreaterThan(0.5);
    expect(probability).toBeLessThanOrEqual(1);
  });

  it('lets go at once when it is cancelled, and serves the next', async () => {
    const abort = new AbortController();
    const stt = client.stt('moonshine-tiny-en');
    const cancelled = stt.transcribe({ ...segment, signal: abort.signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(stt.transcribe({ ...segment, signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(await stt.transcribe({ ...segment, pcm: jfk.pcm.slice(0, 20_000) })).toContain('my fellow');
  });

  it('tells what is wrong with a model', async () => {
    await expect(client.stt('moonshine-huge').transcribe(segment)).rejects.toMatchObject({ kind: 'usage' });
    await expect(client.stt('piper-joe-en').transcribe(segment)).rejects.toMatchObject({ kind: 'usage' });
    const other = new Scope();
    const bare = new InferenceClient(new InferenceWorker(other, '/nowhere', () => undefined).connect());
    await expect(bare.stt('moonshine-tiny-en').transcribe(segment)).rejects.toMatchObject({
      kind: 'environment',
      hint: expect.stringContaining('models pull moonshine-tiny-en') as unknown,
    });
    await other.close();
  });

  it('ends in the middle of a run without harm, and tells who waits', async () => {
    const other = new Scope();
    const inference = new InferenceWorker(other, modelsDirectory(), () => undefined);
    const lost = new InferenceClient(inference.connect());
    const stt = lost.stt('moonshine-tiny-en');
    await stt.transcribe(segment);
    const running = stt.transcribe(segment).catch((error: unknown) => error);
    const waiting = stt.transcribe(segment).catch((error: unknown) => error);
    await other.close();
    expect(await running).toMatchObject({ kind: expect.stringMatching(/cancelled|internal/) as unknown });
    expect(await waiting).toMatchObject({ kind: expect.stringMatching(/cancelled|internal/) as unknown });
    await expect(stt.transcribe(segment)).rejects.toMatchObject({ kind: 'internal', retryable: true });
  });
});
