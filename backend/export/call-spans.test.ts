import { describe, expect, it } from 'vitest';
import type { CallEvent, CallEventBody } from '../contract/events.ts';
import { story } from '../fold/fixtures/logs.ts';
import { CallSpans, spansOf } from './call-spans.ts';
import { DEMO, INTERRUPTED } from './fixtures/trace.ts';
import type { CallSpan } from './open-spans.ts';

const STARTED = {
  type: 'call.started',
  peer: '10.0.0.7:4000',
  codec: 'PCMU',
  ptime_ms: 20,
  party: 'joe',
} as const;
const ENDED = { type: 'call.ended', reason: 'caller hung up', duration_ms: 9000 } as const;
const USED = {
  type: 'config.used',
  hashes: { settings: 's', prompt: 'p', ref_audio: null, ref_text: null },
  prompt: 'You are Joe.',
  settings: {
    stt: { provider: 'embedded', model: 'moonshine' },
    llm: { provider: 'openai', model: 'qwen', base_url: 'http://10.0.0.9:8085/v1' },
    tts: { provider: 'scripted', model: 'tone' },
  },
} as const;

function byKey(spans: readonly CallSpan[], key: string): CallSpan | undefined {
  return spans.find((span) => span.key === key);
}

describe('CallSpans', () => {
  it('gives a recorded call one span, each turn one in it, and its work in the turn', () => {
    const spans = spansOf(DEMO);
    expect(spans.filter(({ parent }) => parent === null).map(({ key }) => key)).toEqual(['call']);
    const keys = new Set(spans.map(({ key }) => key));
    expect(keys.size).toBe(spans.length);
    for (const { parent, from, to } of spans) {
      expect(parent === null || keys.has(parent)).toBe(true);
      expect(to).toBeGreaterThanOrEqual(from);
    }
    const answered = DEMO.filter((event) => event.type === 'latency').map(({ turn }) => turn);
    for (const turn of answered) {
      const within = spans
        .filter(({ parent }) => parent === `turn-${turn}`)
        .map(({ key }) => key.split('-')[0]);
      expect(within).toEqual(
        expect.arrayContaining(['speech', 'endpointing', 'stt', 'llm', 'tts', 'playout']),
      );
    }
  });

  it('has the last span out before the call ends, whether or not the log does', () => {
    const fold = new CallSpans({ content: true });
    const live = DEMO.flatMap((event) => fold.apply(event));
    expect(fold.close()).toEqual([]);
    expect(live.at(-1)?.key).toBe('call');
    const half = DEMO.slice(0, Math.floor(DEMO.length / 2));
    expect(spansOf(half).at(-1)).toMatchObject({ key: 'call', to: (half.at(-1)?.at ?? 0) / 1000 });
  });

  it('tells what was heard of an answer that was interrupted', () => {
    const cut = INTERRUPTED.find((event) => event.type === 'bot.said' && event.interrupted);
    if (cut?.type !== 'bot.said') throw new Error('the fixture has no interruption');
    expect(byKey(spansOf(INTERRUPTED), `playout-${cut.generation}`)?.attributes).toMatchObject({
      'sidetone.interrupted': true,
      'sidetone.heard': cut.heard,
      'sidetone.unheard': cut.unheard,
    });
  });

  it('names models and where they are, once the settings in force are known', () => {
    const spans = spansOf(
      story(
        [0, STARTED],
        [1, USED],
        [1000, { type: 'llm.started', turn: 1, generation: 2, speculative: true }],
        [
          1001,
          {
            type: 'llm.requested',
            generation: 2,
            round: 0,
            model: 'qwen',
            temperature: 1,
            max_tokens: 200,
            same: 0,
            messages: [{ role: 'user', content: 'Hi' }],
          },
        ],
        [1250, { type: 'llm.token', generation: 2, text: 'Good' }],
        [1300, { type: 'llm.token', generation: 2, text: ' day.' }],
        [1400, { type: 'llm.finished', generation: 2, took_ms: 400 }],
        [9000, ENDED],
      ),
    );
    expect(byKey(spans, 'llm-2-0')).toMatchObject({
      parent: 'turn-1',
      name: 'chat qwen',
      kind: 'client',
      from: 1000,
      to: 1400,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'qwen',
        'gen_ai.request.temperature': 1,
        'gen_ai.request.max_tokens': 200n,
        'gen_ai.response.time_to_first_chunk': 0.25,
        'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
        'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"Good day."}]}]',
        'server.address': '10.0.0.9',
        'server.port': 8085n,
        'sidetone.speculative': true,
      },
    });
    expect(byKey(spans, 'call')?.attributes).toMatchObject({
      'network.peer.address': '10.0.0.7',
      'network.peer.port': 4000n,
      'sidetone.call.end_reason': 'caller hung up',
    });
  });

  it('marks what was thought ahead and thrown away', () => {
    const spans = spansOf(
      story(
        [0, STARTED],
        [
          100,
          { type: 'stt.started', turn: 1, request: 3, audio_ms: 90, from: 0, to: 720, speculative: true },
        ],
        [150, { type: 'stt.discarded', turn: 1, request: 3 }],
        [200, { type: 'llm.started', turn: 1, generation: 2, speculative: true }],
        [210, { type: 'tts.started', generation: 2, clause: 0, text: 'Well' }],
        [250, { type: 'generation.discarded', generation: 2 }],
        [9000, ENDED],
      ),
    );
    for (const [key, to] of [
      ['stt-3', 150],
      ['llm-2-0', 250],
      ['tts-2-0', 250],
    ] as const)
      expect(byKey(spans, key)).toMatchObject({ to, attributes: { 'sidetone.discarded': true } });
  });

  it('gives each round of a reply with tools its span, and each tool', () => {
    const asked = { model: 'qwen', temperature: 0, max_tokens: 9, same: 0, messages: [] };
    const spans = spansOf(
      story(
        [0, STARTED],
        [100, { type: 'llm.started', turn: 1, generation: 2, speculative: false }],
        [100, { type: 'llm.requested', generation: 2, round: 0, ...asked }],
        [200, { type: 'tool.called', generation: 2, name: 'book', arguments: '{}' }],
        [300, { type: 'tool.returned', generation: 2, name: 'book', took_ms: 100, ok: false }],
        [301, { type: 'llm.requested', generation: 2, round: 1, ...asked }],
        [400, { type: 'llm.finished', generation: 2, took_ms: 300 }],
        [9000, ENDED],
      ),
    );
    expect([byKey(spans, 'llm-2-0')?.to, byKey(spans, 'llm-2-1')?.from]).toEqual([200, 301]);
    expect(spans.find(({ name }) => name === 'execute_tool book')).toMatchObject({
      from: 200,
      to: 300,
      parent: 'turn-1',
      error: 'the tool did not answer as it should',
    });
  });

  it('says which stage failed', () => {
    const failed = {
      type: 'provider.failed',
      stage: 'llm',
      provider: 'openai',
      kind: 'timeout',
      message: 'too late',
    } as const;
    const events = story(
      [0, STARTED],
      [100, { type: 'llm.started', turn: 1, generation: 2, speculative: false }],
      [200, { ...failed, retrying: true }],
      [300, { ...failed, retrying: false }],
      [310, { type: 'generation.discarded', generation: 2 }],
      [9000, ENDED],
    );
    const span = byKey(spansOf(events), 'llm-2-0');
    expect(span).toMatchObject({ error: 'too late', attributes: { 'error.type': 'timeout' } });
    expect(span?.moments.map(({ at }) => at)).toEqual([200, 300]);
  });

  it('does not grow without end where the same happens over and over', () => {
    const stalls = Array.from({ length: 200 }, (_, index): [number, CallEventBody] => [
      index + 1,
      { type: 'engine.stalled', late_ms: 60 },
    ]);
    const call = byKey(spansOf(story([0, STARTED], ...stalls, [9000, ENDED])), 'call');
    expect([call?.moments.length, call?.droppedMoments]).toEqual([128, 72]);
  });

  it('keeps every word to itself unless told otherwise', () => {
    const words = 'xylophone';
    const spoken: CallEvent[] = story(
      [0, STARTED],
      [1, { ...USED, prompt: words }],
      [10, { type: 'stt.started', turn: 1, request: 1, audio_ms: 5, from: 0, to: 40, speculative: false }],
      [20, { type: 'stt.final', turn: 1, request: 1, text: words, took_ms: 10 }],
      [21, { type: 'llm.started', turn: 1, generation: 1, speculative: false }],
      [
        22,
        {
          type: 'llm.requested',
          generation: 1,
          round: 0,
          model: 'm',
          temperature: 0,
          max_tokens: 1,
          same: 0,
          messages: [{ role: 'user', content: words }],
        },
      ],
      [23, { type: 'llm.token', generation: 1, text: words }],
      [24, { type: 'tool.called', generation: 1, name: 'find', arguments: words }],
      [25, { type: 'tts.started', generation: 1, clause: 0, text: words }],
      [26, { type: 'bot.speaking', turn: 1, generation: 1, at_sample: 208 }],
      [27, { type: 'dtmf.received', digit: '7', duration_ms: 100 }],
      [28, { type: 'call.marked', label: words }],
      [29, { type: 'person.said', text: words, from: 0, to: 8 }],
      [30, { type: 'turn.noted', turn: 2, text: words }],
      [40, { type: 'bot.said', generation: 1, heard: words, unheard: words, interrupted: true }],
      [50, ENDED],
    );
    const written = (content: boolean): string => {
      const fold = new CallSpans({ content });
      return JSON.stringify(
        spoken.flatMap((event) => fold.apply(event)),
        (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
      );
    };
    expect(written(true)).toContain(words);
    expect(written(false)).not.toContain(words);
    expect(written(false)).not.toContain('"digit"');
  });
});
