import { describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import { story } from '../fold/fixtures/logs.ts';
import { frozenAnswers } from './frozen-answers.ts';

const EVERYTHING = { freeze: ['stt', 'llm', 'tts'], pace: 'original' } as const;
const NO_VOICES = new Map();

function requested(generation: number, round: number, same: number, user: string): CallEventBody {
  return {
    type: 'llm.requested',
    generation,
    round,
    model: 'm',
    temperature: 0,
    max_tokens: 1,
    same,
    messages: [{ role: 'user', content: user }],
  };
}

describe('frozenAnswers', () => {
  it('has what was asked for only', () => {
    expect(frozenAnswers([], NO_VOICES, { freeze: [], pace: 'original' })).toEqual({
      stt: null,
      llm: null,
      tts: null,
    });
  });

  it('takes transcripts with their places, times and partials', () => {
    const events = story(
      [
        0,
        { type: 'stt.started', turn: 1, request: 1, audio_ms: 1000, from: 800, to: 8800, speculative: true },
      ],
      [50, { type: 'stt.partial', turn: 1, request: 1, text: 'Hel' }],
      [90, { type: 'stt.discarded', turn: 1, request: 1 }],
      [
        100,
        {
          type: 'stt.started',
          turn: 1,
          request: 2,
          audio_ms: 2000,
          from: 800,
          to: 16_800,
          speculative: true,
        },
      ],
      [300, { type: 'stt.final', turn: 1, request: 2, text: 'Hello there.', took_ms: 195 }],
    );
    expect(frozenAnswers(events, NO_VOICES, EVERYTHING).stt).toEqual({
      by: 'track',
      transcripts: [
        { turn: 1, from: 800, to: 8800, partials: [{ at: 50, text: 'Hel' }], text: null, at: 90 },
        { turn: 1, from: 800, to: 16_800, partials: [], text: 'Hello there.', at: 195 },
      ],
      judgements: [],
    });
  });

  it('goes by turns where the pace is the conversation, or an old log has no places', () => {
    const started = (from: number | null): CallEventBody => ({
      type: 'stt.started',
      turn: 1,
      request: 1,
      audio_ms: 1000,
      from,
      to: from,
      speculative: false,
    });
    const conversation = { ...EVERYTHING, pace: 'conversation' } as const;
    expect(frozenAnswers(story([0, started(0)]), NO_VOICES, conversation).stt?.by).toBe('turn');
    const old = frozenAnswers(story([0, started(null)]), NO_VOICES, EVERYTHING).stt;
    expect(old).toMatchObject({ by: 'turn', transcripts: [{ from: 0, to: 8000 }] });
  });

  it('puts a judgement to the speech that ended before it', () => {
    const events = story(
      [
        0,
        { type: 'stt.started', turn: 1, request: 1, audio_ms: 1000, from: 800, to: 8800, speculative: true },
      ],
      [0, { type: 'speech.ended', turn: 1, to: 8000 }],
      [60, { type: 'turn.completeness', turn: 1, probability: 0.3 }],
      [500, { type: 'speech.ended', turn: 1, to: 12_000 }],
      [540, { type: 'turn.completeness', turn: 1, probability: 0.9 }],
    );
    expect(frozenAnswers(events, NO_VOICES, EVERYTHING).stt?.judgements).toEqual([
      { turn: 1, from: 800, to: 8000, probability: 0.3, at: 60 },
      { turn: 1, from: 800, to: 12_000, probability: 0.9, at: 40 },
    ]);
  });

  it('takes replies with their rounds, those that counted first', () => {
    const events = story(
      [0, { type: 'llm.started', turn: 1, generation: 1, speculative: true }],
      [1, requested(1, 0, 0, 'Book')],
      [10, { type: 'llm.token', generation: 1, text: 'Wh' }],
      [20, { type: 'generation.discarded', generation: 1 }],
      [100, { type: 'llm.started', turn: 1, generation: 2, speculative: false }],
      [100, requested(2, 0, 0, 'Book it.')],
      [130, { type: 'llm.token', generation: 2, text: 'One moment.' }],
      [140, { type: 'tool.called', generation: 2, name: 'book', arguments: '{}' }],
      [200, { type: 'tool.returned', generation: 2, name: 'book', took_ms: 60, ok: true }],
      [201, requested(2, 1, 1, 'Book it.')],
      [231, { type: 'llm.token', generation: 2, text: ' Done.' }],
      [240, { type: 'llm.finished', generation: 2, took_ms: 140 }],
    );
    const { llm } = frozenAnswers(events, NO_VOICES, EVERYTHING);
    expect(llm).toEqual([
      {
        turn: 1,
        asked: 'Book it.',
        end: 'whole',
        rounds: [
          {
            tokens: [{ at: 30, text: 'One moment.' }],
            calls: [{ id: 'frozen-0', name: 'book', arguments: '{}' }],
            at: 30,
          },
          { tokens: [{ at: 30, text: ' Done.' }], calls: [], at: 39 },
        ],
      },
      {
        turn: 1,
        asked: 'Book',
        end: 'discarded',
        rounds: [{ tokens: [{ at: 9, text: 'Wh' }], calls: [], at: 19 }],
      },
    ]);
  });

  it('cuts what the voice made into its clauses; of a missing recording there is nothing', () => {
    const started = (generation: number, clause: number, text: string): CallEventBody => ({
      type: 'tts.started',
      generation,
      clause,
      text,
    });
    const finished = (generation: number, clause: number, samples: number): CallEventBody => ({
      type: 'tts.finished',
      generation,
      clause,
      audio_ms: 0,
      sample_rate: 22_050,
      samples,
    });
    const events = story(
      [0, { type: 'llm.started', turn: 2, generation: 1, speculative: false }],
      [10, started(1, 0, 'One.')],
      [30, { type: 'tts.audio', generation: 1, clause: 0, took_ms: 20 }],
      [60, finished(1, 0, 3)],
      [60, started(1, 1, 'Two.')],
      [70, { type: 'tts.audio', generation: 1, clause: 1, took_ms: 10 }],
      [80, started(7, 0, 'Lost.')],
      [90, finished(7, 0, 5)],
      [200, { type: 'bot.said', generation: 1, heard: 'One.', unheard: 'Two.', interrupted: true }],
      [210, { type: 'llm.started', turn: 3, generation: 8, speculative: true }],
      [220, started(8, 0, 'No.')],
      [260, { type: 'generation.discarded', generation: 8 }],
    );
    const voices = new Map([[1, { pcm: Int16Array.of(1, 2, 3, 4, 5), sampleRate: 22_050 }]]);
    expect(frozenAnswers(events, voices, EVERYTHING).tts).toEqual([
      {
        turn: 2,
        text: 'One.',
        sampleRate: 22_050,
        pcm: Int16Array.of(1, 2, 3),
        firstAt: 20,
        lastAt: 50,
        cutAt: null,
      },
      // It was stopped in the middle: what there was of it.
      {
        turn: 2,
        text: 'Two.',
        sampleRate: 22_050,
        pcm: Int16Array.of(4, 5),
        firstAt: 10,
        lastAt: 10,
        cutAt: 140,
      },
      { turn: 3, text: 'No.', sampleRate: 8000, pcm: new Int16Array(0), firstAt: 0, lastAt: 0, cutAt: 40 },
    ]);
  });
});
