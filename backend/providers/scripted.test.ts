import { describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import {
  ManualSleep,
  ScriptedLlm,
  scopeSleep,
  ScriptedStt,
  ScriptedTts,
  type ScriptedFault,
} from './scripted.ts';
import { toneSpeech } from './tones.ts';
import type { LlmDelta } from './types.ts';

const never = new AbortController().signal;
const segment = (samples: number, signal = never) => ({
  pcm: new Int16Array(samples),
  sampleRate: 8000,
  language: 'en',
  prompt: null,
  signal,
});
const question = (content: string, signal = never) => ({
  messages: [{ role: 'user' as const, content }],
  tools: [],
  temperature: 0,
  maxTokens: 100,
  signal,
});
const speech = (text: string, signal = never) => ({
  text,
  language: 'en',
  voice: { name: null, speed: 1, reference: null },
  signal,
});

/** What a stream gave and when, and the kind of error it ended with. */
function watch<T>(stream: AsyncIterable<T>, time: ManualSleep) {
  const seen: { at: number; item: T }[] = [];
  const outcome = (async () => {
    try {
      for await (const item of stream) seen.push({ at: time.clock.now(), item });
      return 'ended';
    } catch (error) {
      return error instanceof SidetoneError ? error.kind : String(error);
    }
  })();
  return { seen, outcome };
}

describe('scripted providers', () => {
  it('transcribe by what they are given, after their delay', async () => {
    const time = new ManualSleep();
    const stt = new ScriptedStt(time.sleep, {
      delayMs: 80,
      transcript: ({ pcm }, request) => `${pcm.length} samples, request ${request}`,
    });
    const texts: string[] = [];
    void stt.transcribe(segment(800)).then((text) => texts.push(text));
    await time.advance(79);
    expect(texts).toEqual([]);
    await time.advance(1);
    expect(texts).toEqual(['800 samples, request 0']);
  });

  it('reply to the last user message, token by token', async () => {
    const time = new ManualSleep();
    const call = { id: '1', name: 'hangup', arguments: '{}' };
    const llm = new ScriptedLlm(time.sleep, {
      firstMs: 100,
      perTokenMs: 10,
      reply: (said) => ({ text: `You said ${said}.`, toolCalls: [call] }),
    });
    const { seen, outcome } = watch<LlmDelta>(llm.complete(question('bye')), time);
    await time.advance(1000);
    expect(seen).toEqual([
      { at: 100, item: { type: 'text', text: 'You' } },
      { at: 110, item: { type: 'text', text: ' said' } },
      { at: 120, item: { type: 'text', text: ' bye.' } },
      { at: 120, item: { type: 'tool', call } },
    ]);
    expect(await outcome).toBe('ended');
  });

  it('speak in chunks that together are the tones of the text', async () => {
    const time = new ManualSleep();
    const tts = new ScriptedTts(time.sleep, { firstMs: 50, chunkMs: 100, perChunkMs: 20, sampleRate: 8000 });
    const { seen } = watch(tts.speak(speech('one two')), time);
    await time.advance(1000);
    const whole = toneSpeech('one two', 8000);
    expect(seen.map(({ at }) => at)).toEqual([50, 70, 90, 110, 130]);
    expect(seen.flatMap(({ item }) => [...item.pcm])).toEqual([...whole]);
  });

  it.each<[ScriptedFault, string, boolean]>([
    ['fail', 'unreachable', false],
    ['garbage', 'garbled', false],
    ['fail_midway', 'unreachable', true],
    ['hang', 'cancelled', false],
    ['stall', 'cancelled', true],
  ])('%s ends as %s', async (fault, kind, begins) => {
    const time = new ManualSleep();
    const cancel = new AbortController();
    const llm = new ScriptedLlm(time.sleep, { fault: () => fault });
    const tts = new ScriptedTts(time.sleep, { fault: () => fault });
    const stt = new ScriptedStt(time.sleep, { fault: () => fault });
    const reply = watch(llm.complete(question('hello', cancel.signal)), time);
    const spoken = watch(tts.speak(speech('hello there you', cancel.signal)), time);
    const heard = stt.transcribe(segment(800, cancel.signal)).catch((error: unknown) => error);
    await time.advance(60_000);
    cancel.abort();
    expect(await reply.outcome).toBe(kind);
    expect(await spoken.outcome).toBe(kind);
    expect(await heard).toMatchObject({ kind });
    expect(reply.seen.length > 0).toBe(begins);
    expect(spoken.seen.length > 0).toBe(begins);
  });

  it('meet with a fault only in the requests that the script names', async () => {
    const time = new ManualSleep();
    const stt = new ScriptedStt(time.sleep, { fault: (request) => (request === 0 ? 'fail' : null) });
    await expect(stt.transcribe(segment(1))).rejects.toMatchObject({ retryable: true });
    const second = stt.transcribe(segment(1));
    await time.advance(100);
    expect(await second).toBe('Yes, please.');
  });
});

describe('sleep in real time', () => {
  it('is cancelled by its signal and by the end of its scope', async () => {
    const scope = new Scope();
    const sleep = scopeSleep(scope);
    const cancel = new AbortController();
    const first = sleep(Infinity, cancel.signal);
    const second = sleep(60_000, never);
    await sleep(1, never);
    cancel.abort();
    await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
    await Promise.all([scope.close(), expect(second).rejects.toMatchObject({ kind: 'cancelled' })]);
    await expect(sleep(1, never)).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

describe('tone speech', () => {
  it('is as long as its words, loud from its first sample and silent between words', () => {
    const pcm = toneSpeech('one fifteen', 8000);
    // (3 letters + gap + 7 letters + gap) at 60 ms each.
    expect(pcm.length).toBe(((3 + 1 + 7 + 1) * 60 * 8000) / 1000);
    expect(Math.max(...pcm.subarray(0, 16))).toBeGreaterThan(1000);
    expect(pcm.subarray(1440, 1920).every((sample) => sample === 0)).toBe(true);
    expect(toneSpeech('one fifteen', 8000, 2).length).toBe(pcm.length / 2);
  });
});
