import { describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import type { BotUsed, TraceManifest } from '../contract/trace.ts';
import { METRICS_VERSION, type TraceMetrics, type TurnMetrics } from '../contract/traces.ts';
import { compare, type ComparedTrace } from './compare.ts';
import { log, story } from './fixtures/logs.ts';

const STAGES = {
  endpointing: 300,
  stt: 0,
  llm_first_token: 50,
  llm_first_clause: 10,
  tts_first_audio: 100,
  packet: 10,
};

function turnMetrics(generation: number, wireMs: number, stages = STAGES): TurnMetrics {
  return {
    turn: 0,
    generation,
    callerEndedAt: 0,
    botBeganAt: wireMs,
    wireMs,
    wireCallerClockMs: wireMs,
    stages,
    engineMs: wireMs,
    residualMs: 0,
    cause: null,
    overlapped: [],
  };
}

function metrics(turns: readonly TurnMetrics[]): TraceMetrics {
  return {
    version: METRICS_VERSION,
    turns,
    wire: null,
    engine: null,
    residual: null,
    bargeIns: [],
    callerInterrupted: [],
    silences: [],
    callerSpeechMs: 0,
    botSpeechMs: 0,
    overlapMs: 0,
    wordsGenerated: 0,
    wordsHeard: 0,
    wordsStruck: 0,
    network: {
      received: 0,
      lost: 0,
      late: 0,
      duplicated: 0,
      reordered: 0,
      concealedMs: 0,
      jitterMs: 0,
      roundTripMs: null,
      skewPpm: null,
      mos: null,
    },
  };
}

/** A call in which the caller and the bot say these in turn. */
function call(
  exchanges: readonly (readonly [caller: string, bot: string])[],
  waits: number[] = [],
): ComparedTrace {
  const bodies = exchanges.flatMap(([caller, bot], index): (readonly [number, CallEventBody])[] => {
    const [turn, generation, at] = [index + 1, index + 1, index * 1000];
    return [
      [at, { type: 'speech.started', turn, from: at * 8 }],
      [at + 300, { type: 'speech.ended', turn, to: (at + 300) * 8 }],
      [
        at + 310,
        { type: 'stt.started', turn, request: turn, audio_ms: 300, from: 0, to: 2400, speculative: true },
      ],
      [at + 400, { type: 'stt.final', turn, request: turn, text: caller, took_ms: 90 }],
      [at + 400, { type: 'llm.started', turn, generation, speculative: false }],
      [at + 420, { type: 'llm.token', generation, text: bot }],
      [at + 500, { type: 'bot.speaking', turn, generation, at_sample: (at + 500) * 8 }],
      [at + 900, { type: 'bot.said', generation, heard: bot, unheard: '', interrupted: false }],
    ];
  });
  const turns = waits.map((wait, index) => turnMetrics(index + 1, wait));
  return { events: story(...bodies), metrics: metrics(turns), manifest: null };
}

const HELLO = ['Hello, I want an appointment.', 'Which day?'] as const;
const FRIDAY = ['On Friday, please.', 'Friday it is.'] as const;
const BYE = ['Goodbye.', 'Goodbye!'] as const;

describe('compare', () => {
  it('finds nothing between a trace and itself', () => {
    const demo = { events: log('demo', 'harbor-dental'), metrics: metrics([]), manifest: null };
    const { turns, sameText, configuration } = compare(demo, demo);
    expect(sameText).toBe(true);
    expect(configuration).toEqual([]);
    // The greeting, which answers nobody, and the caller's turns.
    expect(turns.map(({ left }) => left?.turn)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { left, right, callerText, botText } of turns) {
      expect(right).toEqual(left);
      expect([...callerText, ...botText].every(({ kind }) => kind === 'same')).toBe(true);
    }
  });

  it('pairs turns by their words, so that one more on a side shifts nothing', () => {
    const { turns, sameText } = compare(
      call([HELLO, FRIDAY, BYE]),
      call([HELLO, ['Wait a moment.', 'Take your time.'], FRIDAY, BYE]),
    );
    expect(turns.map(({ left, right }) => [left?.turn ?? null, right?.turn ?? null])).toEqual([
      [1, 1],
      [null, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(sameText).toBe(false);
  });

  it('pairs by order where the words have nothing in common', () => {
    const { turns } = compare(call([HELLO, FRIDAY, BYE]), call([HELLO, ['Um.', 'Pardon?'], BYE]));
    expect(turns.map(({ left, right }) => [left?.turn, right?.turn])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('tells words removed and added', () => {
    const [turn] = compare(call([HELLO]), call([[HELLO[0], 'Which day, please?']])).turns;
    expect(turn?.callerText).toEqual([{ kind: 'same', text: HELLO[0] }]);
    expect(turn?.botText.filter(({ kind }) => kind === 'added').map(({ text }) => text.trim())).toEqual([
      ', please',
    ]);
    expect(turn?.botText.filter(({ kind }) => kind === 'removed')).toEqual([]);
  });

  it('takes words for the same whatever their case and punctuation', () => {
    expect(compare(call([HELLO]), call([['hello I want an appointment', 'which day']])).sameText).toBe(true);
  });

  it('gives latencies of the right less those of the left', () => {
    const slow = call([HELLO], [700]);
    const [turn] = compare(call([HELLO], [500]), {
      ...slow,
      metrics: metrics([turnMetrics(1, 700, { ...STAGES, llm_first_token: 250 })]),
    }).turns;
    expect(turn?.wireDeltaMs).toBe(200);
    expect(turn?.stageDeltas).toMatchObject({ llm_first_token: 200, endpointing: 0 });
    expect(compare(call([HELLO], [500]), call([HELLO])).turns[0]).toMatchObject({
      wireDeltaMs: null,
      stageDeltas: null,
    });
  });

  it('shows the turns of a capture, which has no words', () => {
    const capture = {
      events: [],
      metrics: metrics([turnMetrics(0, 400), turnMetrics(0, 600)]),
      manifest: null,
    };
    expect(compare(capture, capture).turns.map(({ left }) => left?.wireMs)).toEqual([400, 600]);
  });

  it('names what differs in the bot, save stages that answered from a trace', () => {
    const stage = (name: 'stt' | 'llm', provider: string, model: string): BotUsed['stages'][number] => ({
      stage: name,
      provider,
      model,
      base_url: null,
      sha256: null,
    });
    const withBot = (prompt: string, stages: BotUsed['stages']): ComparedTrace => ({
      ...call([HELLO]),
      manifest: {
        ...MANIFEST,
        bot: {
          name: 'bot',
          dir: 'bots/demo',
          language: 'en',
          hashes: { settings: 's', prompt, ref_audio: null, ref_text: null },
          stages,
        },
      },
    });
    const { configuration } = compare(
      withBot('old', [stage('stt', 'embedded', 'one'), stage('llm', 'openai', 'one')]),
      withBot('new', [stage('stt', 'frozen', 'two'), stage('llm', 'openai', 'two')]),
    );
    expect(configuration).toEqual([
      { what: 'prompt', left: 'old', right: 'new' },
      { what: 'llm', left: 'openai one', right: 'openai two' },
    ]);
  });
});

const MANIFEST: TraceManifest = {
  v: 2,
  sidetone: '0',
  call: 'call',
  origin: 'call',
  replay_of: null,
  peer: '127.0.0.1:5000',
  party: 'bot',
  codec: 'PCMU',
  line: null,
  ptime_ms: 20,
  started: '2026-01-01T00:00:00.000Z',
  state: 'complete',
  ended: null,
  duration_ms: null,
  bot: null,
  impairment: null,
  dtmf_masked: false,
  host: { platform: 'linux', arch: 'x64', cpu: 'cpu', cores: 2, node: 'v24', pid: 1 },
  clock: { wall_ms: 0, monotonic_ms: 0 },
  mapping: [],
  tracks: [],
  metrics: METRICS_VERSION,
  summary: null,
  sha256: {},
};
