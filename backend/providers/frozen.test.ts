import { describe, expect, it } from 'vitest';
import type { FrozenAnswers, FrozenReply, FrozenTranscript } from '../contract/frozen.ts';
import { freeze } from './frozen.ts';
import { ManualSleep, ScriptedLlm, ScriptedStt, ScriptedTts } from './scripted.ts';
import type { CompletionRequest, Providers, SpeakRequest, Stage, TranscribeRequest } from './types.ts';

const NOTHING: FrozenAnswers = { stt: null, llm: null, tts: null };
const SECOND = 8000;

/** Frozen providers on a clock that is moved by hand; the live ones behind them answer with LIVE words. */
class Rig {
  readonly time = new ManualSleep();
  readonly missed: Stage[] = [];
  readonly providers: Providers;

  constructor(frozen: Partial<FrozenAnswers>) {
    const { sleep } = this.time;
    const live: Providers = {
      stt: new ScriptedStt(sleep, { delayMs: 0, transcript: () => 'LIVE' }),
      llm: new ScriptedLlm(sleep, { firstMs: 0, perTokenMs: 0, reply: () => 'LIVE' }),
      tts: new ScriptedTts(sleep, { firstMs: 0, perChunkMs: 0, sampleRate: 8000 }),
      fallbackTts: null,
      completeness: { judge: () => Promise.resolve(0.01) },
    };
    const time = { clock: this.time.clock, sleep };
    this.providers = freeze(live, { ...NOTHING, ...frozen }, time, (stage) => this.missed.push(stage));
  }

  /** What has come of it after so many ms: undefined while nothing has. */
  async after<T>(ms: number, promise: Promise<T>): Promise<T | Error | undefined> {
    let result: T | Error | undefined;
    promise.then(
      (value) => (result = value),
      (error: Error) => (result = error),
    );
    await this.time.advance(ms);
    return result;
  }
}

function segment(
  turn: number,
  from: number,
  to: number,
  signal = new AbortController().signal,
): TranscribeRequest {
  return {
    pcm: new Int16Array(0),
    sampleRate: SECOND,
    language: 'en',
    prompt: null,
    signal,
    segment: { turn, from, to, preview: false },
  };
}

function question(turn: number, text: string, more: CompletionRequest['messages'] = []): CompletionRequest {
  return {
    messages: [{ role: 'system', content: 'prompt' }, { role: 'user', content: text }, ...more],
    tools: [],
    temperature: 0,
    maxTokens: 1,
    signal: new AbortController().signal,
    turn,
  };
}

function line(text: string, turn?: number): SpeakRequest {
  return {
    text,
    language: 'en',
    voice: { name: null, speed: 1, reference: null },
    signal: new AbortController().signal,
    ...(turn === undefined ? {} : { turn }),
  };
}

async function textOf(rig: Rig, request: CompletionRequest): Promise<string> {
  const deltas: string[] = [];
  for await (const delta of rig.providers.llm.complete(request)) {
    deltas.push(delta.type === 'text' ? delta.text : `<${delta.call.name} ${delta.call.arguments}>`);
  }
  return deltas.join('');
}

describe('frozen STT', () => {
  const transcripts: FrozenTranscript[] = [
    { turn: 1, from: 0, to: SECOND, partials: [{ at: 50, text: 'one' }], text: 'one.', at: 120 },
    { turn: 1, from: 0, to: 3 * SECOND, partials: [], text: 'one and two.', at: 200 },
    { turn: 2, from: 5 * SECOND, to: 6 * SECOND, partials: [], text: null, at: 80 },
  ];
  const stt = { by: 'track', transcripts, judgements: [] } as const;

  it('answers a segment with what was made of the same one, when it was', async () => {
    const rig = new Rig({ stt });
    const partials: string[] = [];
    const request = { ...segment(1, 100, SECOND), onPartial: (text: string) => partials.push(text) };
    const answer = rig.providers.stt.transcribe(request);
    expect(await rig.after(119, answer)).toBeUndefined();
    expect(partials).toEqual(['one']);
    expect(await rig.after(1, answer)).toBe('one.');
    expect(await rig.after(200, rig.providers.stt.transcribe(segment(1, 0, 3 * SECOND - 500)))).toBe(
      'one and two.',
    );
    expect(rig.missed).toEqual([]);
  });

  it('asks the live one about what the trace does not have, and says so', async () => {
    const rig = new Rig({ stt });
    expect(await rig.after(0, rig.providers.stt.transcribe(segment(3, 20 * SECOND, 21 * SECOND)))).toBe(
      'LIVE',
    );
    expect(rig.missed).toEqual(['stt']);
  });

  it('waits to be thrown away where it was, and asks the live one when it is not', async () => {
    const rig = new Rig({ stt });
    const abort = new AbortController();
    const thrownAway = rig.providers.stt.transcribe(segment(2, 5 * SECOND, 6 * SECOND, abort.signal));
    expect(await rig.after(100, thrownAway)).toBeUndefined();
    abort.abort();
    expect(await rig.after(0, thrownAway)).toMatchObject({ kind: 'cancelled' });
    expect(rig.missed).toEqual([]);
    const wanted = rig.providers.stt.transcribe(segment(2, 5 * SECOND, 6 * SECOND));
    expect(await rig.after(1000, wanted)).toBe('LIVE');
    expect(rig.missed).toEqual(['stt']);
  });

  it('finds a segment by its place in the turn where the track is another', async () => {
    const rig = new Rig({ stt: { ...stt, by: 'turn' } });
    const [first, second] = [segment(1, 9000, 9000 + SECOND), segment(1, 9000, 9000 + 3 * SECOND)];
    expect(await rig.after(200, rig.providers.stt.transcribe(first))).toBe('one.');
    expect(await rig.after(200, rig.providers.stt.transcribe(second))).toBe('one and two.');
  });

  it('leaves a recording that is not of the call to the live one', async () => {
    const rig = new Rig({ stt });
    const { segment: _, ...recording } = segment(1, 0, SECOND);
    expect(await rig.after(0, rig.providers.stt.transcribe(recording))).toBe('LIVE');
    expect(rig.missed).toEqual([]);
  });

  it('judges as it was judged', async () => {
    const judgements = [{ turn: 1, from: 0, to: SECOND, probability: 0.7, at: 40 }];
    const rig = new Rig({ stt: { ...stt, judgements } });
    const judge = rig.providers.completeness?.judge({
      pcm: new Int16Array(0),
      sampleRate: SECOND,
      signal: new AbortController().signal,
      segment: { turn: 1, from: 0, to: SECOND + 100 },
    });
    expect(await rig.after(40, judge ?? Promise.resolve(null))).toBe(0.7);
  });
});

describe('frozen LLM', () => {
  const reply = (turn: number, asked: string | null, text: string, end: FrozenReply['end']): FrozenReply => ({
    turn,
    asked,
    end,
    rounds: [{ tokens: [{ at: 30, text }], calls: [], at: 40 }],
  });

  it('answers the same words as before, in the time it took', async () => {
    const rig = new Rig({ llm: [reply(1, 'Yes.', 'first', 'whole'), reply(4, 'Yes.', 'fourth', 'whole')] });
    const answer = textOf(rig, question(4, 'Yes.'));
    expect(await rig.after(29, answer)).toBeUndefined();
    expect(await rig.after(1, answer)).toBe('fourth');
    expect(await rig.after(30, textOf(rig, question(2, 'Yes.')))).toBe('first');
  });

  it('answers other words as their turn was answered', async () => {
    const rig = new Rig({ llm: [reply(1, 'half past two', 'ok', 'whole')] });
    expect(await rig.after(30, textOf(rig, question(1, 'half-past 2')))).toBe('ok');
    expect(await rig.after(30, textOf(rig, question(2, 'something else')))).toBe('LIVE');
    expect(rig.missed).toEqual(['llm']);
  });

  it('goes through its rounds with the tools it called', async () => {
    const call = { id: 'a', name: 'book', arguments: '{"day":5}' };
    const rounds = [
      { tokens: [{ at: 1, text: 'One moment.' }], calls: [call], at: 2 },
      { tokens: [{ at: 1, text: 'Booked.' }], calls: [], at: 2 },
    ];
    const rig = new Rig({ llm: [{ turn: 1, asked: 'Book it.', end: 'whole', rounds }] });
    expect(await rig.after(5, textOf(rig, question(1, 'Book it.')))).toBe('One moment.<book {"day":5}>');
    const next = question(1, 'Book it.', [
      { role: 'assistant', content: '', toolCalls: [call] },
      { role: 'tool', toolCallId: 'a', content: 'done' },
    ]);
    expect(await rig.after(5, textOf(rig, next))).toBe('Booked.');
  });

  it('says nothing of a reply that was thrown away half-way, and then asks the live one', async () => {
    const rig = new Rig({ llm: [reply(1, 'Hello', 'half', 'discarded')] });
    const answer = textOf(rig, question(1, 'Hello'));
    expect(await rig.after(500, answer)).toBeUndefined();
    expect(await rig.after(500, answer)).toBe('LIVE');
  });
});

describe('frozen TTS', () => {
  const clause = { text: 'Hello.', sampleRate: 8000, firstAt: 20, lastAt: 120, cutAt: null };
  const tts = [
    { ...clause, turn: 0, pcm: new Int16Array(2000).fill(1) },
    { ...clause, turn: 3, pcm: new Int16Array(1000).fill(3) },
  ];

  it('speaks with the recorded audio, that of the turn where there is a choice', async () => {
    const rig = new Rig({ tts });
    const chunks = Array.fromAsync(rig.providers.tts.speak(line('Hello.', 3)), ({ pcm }) => [...pcm]);
    const said = await rig.after(120, chunks);
    expect(said).toEqual([Array.from({ length: 800 }, () => 3), Array.from({ length: 200 }, () => 3)]);
    const other = Array.fromAsync(rig.providers.tts.speak(line('Hello.', 9)), ({ pcm }) => pcm.length);
    expect(await rig.after(120, other)).toEqual([800, 800, 400]);
  });

  it('waits to be thrown away where it was before it had said anything', async () => {
    const cut = { ...clause, turn: 1, pcm: new Int16Array(0), cutAt: 100 };
    const rig = new Rig({ tts: [cut] });
    const abort = new AbortController();
    const request = { ...line('Hello.', 1), signal: abort.signal };
    const thrownAway = Array.fromAsync(rig.providers.tts.speak(request));
    expect(await rig.after(150, thrownAway)).toBeUndefined();
    abort.abort();
    expect(await rig.after(0, thrownAway)).toMatchObject({ kind: 'cancelled' });
    expect(rig.missed).toEqual([]);
    expect(await rig.after(1000, Array.fromAsync(rig.providers.tts.speak(line('Hello.', 1))))).not.toEqual(
      [],
    );
    expect(rig.missed).toEqual(['tts']);
  });

  it('lets the live one speak new words, and says so on a call only', async () => {
    const rig = new Rig({ tts });
    await rig.after(1000, Array.fromAsync(rig.providers.tts.speak(line('New.'))));
    expect(rig.missed).toEqual([]);
    await rig.after(1000, Array.fromAsync(rig.providers.tts.speak(line('New.', 0))));
    expect(rig.missed).toEqual(['tts']);
  });
});
