import { channel } from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scope } from '../../base/scope.ts';
import { modelsDirectory } from '../../models/directory.ts';
import type { CompletionRequest, PcmChunk } from '../types.ts';
import { InferenceClient } from './client.ts';
import { InferenceWorker } from './inference-worker.ts';

/** The thread behind its ports: who is served when, and what its end means to those who wait. */

const LLM = 'smollm2-135m';
const LONG = 'This is one of many sentences. '.repeat(40);
const never = new AbortController().signal;

const threads: Worker[] = [];
const noteThread = (message: unknown): void => {
  if (typeof message !== 'object' || message === null || !('worker' in message)) return;
  if (message.worker instanceof Worker) threads.push(message.worker);
};
beforeAll(() => channel('worker_threads').subscribe(noteThread));
afterAll(() => {
  channel('worker_threads').unsubscribe(noteThread);
});

function speak(client: InferenceClient, text: string, signal = never): AsyncIterable<PcmChunk> {
  const voice = { name: null, speed: 1, reference: null };
  return client.tts('espeak-ng').speak({ text, language: 'en', voice, signal });
}

async function* reply(
  client: InferenceClient,
  content: string,
  options: Partial<CompletionRequest> = {},
): AsyncGenerator<string, void, undefined> {
  const messages = [{ role: 'user', content }] as const;
  const request = { messages, tools: [], temperature: 0, maxTokens: 12, signal: never, ...options };
  for await (const delta of client.llm(LLM).complete(request)) if (delta.type === 'text') yield delta.text;
}

async function all<T>(results: AsyncIterable<T>, each: (found: readonly T[]) => void = () => undefined) {
  const found: T[] = [];
  for await (const result of results) {
    found.push(result);
    each(found);
  }
  return found;
}

const lost = { kind: 'internal', retryable: true };

describe('the inference worker', () => {
  const scope = new Scope();
  let inference: InferenceWorker;
  let startedAt = 0;
  const replaced = Promise.withResolvers<void>();
  beforeAll(() => {
    inference = new InferenceWorker(scope, modelsDirectory(), () => replaced.resolve());
    startedAt = performance.now();
  });
  afterAll(() => scope.close());

  it('serves media workers in turn, sentence by sentence', async () => {
    const order: string[] = [];
    const say = (name: string, text: string): Promise<unknown> =>
      all(speak(new InferenceClient(inference.connect()), text), () => order.push(name));
    await Promise.all([say('a', 'One. Two. Three. Four. Five. Six.'), say('b', 'Seven.')]);
    expect(order.toSorted()).toEqual(['a', 'a', 'a', 'a', 'a', 'a', 'b']);
    expect(order.indexOf('b')).toBeLessThan(order.lastIndexOf('a'));
  });

  it('takes what comes in the middle of a long reply, though speaking never waits for anything', async () => {
    const [one, other] = [new InferenceClient(inference.connect()), new InferenceClient(inference.connect())];
    const abort = new AbortController();
    let answered = 0;
    const ask = async (): Promise<void> => {
      answered = (await all(speak(other, 'Hello.'))).length;
      abort.abort();
    };
    const said = all(speak(one, LONG, abort.signal), (found) => {
      if (found.length === 1) void ask();
    });
    await expect(said).rejects.toMatchObject({ kind: 'cancelled' });
    expect(answered).toBe(1);
  });

  it('tells everybody who waits when it crashes, and is replaced', async () => {
    const client = new InferenceClient(inference.connect());
    // One that ends sooner is a failed start, which is not tried again.
    while (performance.now() - startedAt < 1000) await all(speak(client, 'Hello.'));
    const told = expect(all(speak(client, LONG))).rejects.toMatchObject(lost);
    // An exception that nobody catches: no client sends null.
    threads[0]?.postMessage(null);
    await told;
    await expect(all(speak(client, 'Four.'))).rejects.toMatchObject(lost);

    await replaced.promise;
    client.reconnect(inference.connect());
    expect(await all(speak(client, 'Hello again.'))).toHaveLength(1);
  });

  it('lets nobody wait for a thread that could not start', async () => {
    const other = new Scope();
    const dead = new InferenceWorker(other, modelsDirectory(), () => undefined);
    threads.at(-1)?.postMessage(null);
    await expect(all(speak(new InferenceClient(dead.connect()), 'Hello.'))).rejects.toMatchObject(lost);
    await other.close();
  });

  it('streams the reply of a language model, and stops it when told to', async () => {
    const client = new InferenceClient(inference.connect());
    const pieces = await all(reply(client, 'What is the capital of France?'));
    expect(pieces.join('')).toContain('Paris');
    expect(pieces.length).toBeGreaterThan(2);

    const abort = new AbortController();
    let heard = 0;
    const story = all(
      reply(client, 'Tell a long story.', { maxTokens: 1000, signal: abort.signal }),
      (found) => {
        heard = found.length;
        if (heard === 3) abort.abort();
      },
    );
    await expect(story).rejects.toMatchObject({ kind: 'cancelled' });
    // The next in line gets the model, which would tell its story for many seconds more.
    expect(await all(reply(client, 'Say yes.', { maxTokens: 2 }))).not.toEqual([]);
    expect(heard).toBeLessThan(4);
  });

  it('ends in the middle of a reply without harm to the process', async () => {
    const begun = Promise.withResolvers<void>();
    const client = new InferenceClient(inference.connect());
    const story = all(reply(client, 'Tell a long story.', { maxTokens: 1000 }), () => begun.resolve());
    const told = Promise.allSettled([story]);
    await begun.promise;
    await inference.close();
    expect((await told)[0]).toMatchObject({
      reason: { kind: expect.stringMatching(/^(cancelled|internal)$/) as unknown },
    });
  });
});
