import { describe, expect, it } from 'vitest';
import type { CallEvent, CallEventBody } from '../contract/events.ts';
import { canonicalLog, equalLogs } from './canonical.ts';
import { log, story } from './fixtures/logs.ts';

type Line = readonly [at: number, body: CallEventBody];

const demo = log('demo', 'harbor-dental');

function answer(generation: number, text: string, at: number): Line[] {
  return [
    [at, { type: 'llm.started', turn: 1, generation, speculative: true }],
    [at + 10, { type: 'llm.token', generation, text }],
    [at + 20, { type: 'llm.finished', generation, took_ms: 20 }],
    [at + 30, { type: 'tts.started', generation, clause: 0, text }],
    [
      at + 50,
      { type: 'tts.finished', generation, clause: 0, audio_ms: 100, sample_rate: 8000, samples: 800 },
    ],
    [at + 60, { type: 'bot.speaking', turn: 1, generation, at_sample: at * 8 }],
    [at + 90, { type: 'bot.said', generation, heard: text, unheard: '', interrupted: false }],
  ];
}

describe('canonicalLog', () => {
  it('has the same text for the same call at other times, places and addresses', () => {
    const later = demo.map((event): CallEvent => {
      const moved = { ...event, at: event.at + 12_345, call: 'another', seq: event.seq + 1 };
      if (moved.type === 'call.started') return { ...moved, peer: '10.0.0.1:1' };
      if (moved.type === 'speech.started') return { ...moved, from: moved.from + 160 };
      if (moved.type === 'stt.final') return { ...moved, took_ms: moved.took_ms + 7 };
      if (moved.type === 'bot.speaking') return { ...moved, at_sample: moved.at_sample + 160 };
      return moved;
    });
    expect(canonicalLog(later)).toBe(canonicalLog(demo));
    expect(canonicalLog(demo)).toContain('appointment');
  });

  it.each<[string, (event: CallEvent) => CallEvent]>([
    ['what was understood', (event) => (event.type === 'stt.final' ? { ...event, text: 'Nothing.' } : event)],
    ['what was answered', (event) => (event.type === 'llm.token' ? { ...event, text: ' no' } : event)],
    ['what was made audible', (event) => (event.type === 'tts.finished' ? { ...event, samples: 1 } : event)],
    ['what was heard', (event) => (event.type === 'bot.said' ? { ...event, heard: 'No.' } : event)],
    ['how it ended', (event) => (event.type === 'call.ended' ? { ...event, reason: 'other' } : event)],
  ])('differs where the call differs: %s', (_what, change) => {
    expect(canonicalLog(demo.map(change))).not.toBe(canonicalLog(demo));
  });

  it('takes events of different lanes in any order, those of one lane in theirs', () => {
    const words: Line = [0, { type: 'stt.final', turn: 1, request: 1, text: 'one', took_ms: 1 }];
    const more: Line = [1, { type: 'stt.final', turn: 2, request: 2, text: 'two', took_ms: 1 }];
    const key: Line = [2, { type: 'dtmf.received', digit: '5', duration_ms: 100 }];
    const inOrder = canonicalLog(story(words, more, key));
    expect(canonicalLog(story(key, words, more))).toBe(inOrder);
    expect(canonicalLog(story(more, words, key))).not.toBe(inOrder);
  });

  it('knows nothing of work that was thrown away, and counts on without it', () => {
    const thrownAway: Line[] = [
      [0, { type: 'llm.started', turn: 1, generation: 1, speculative: true }],
      [5, { type: 'llm.token', generation: 1, text: 'Half a' }],
      [6, { type: 'generation.discarded', generation: 1 }],
    ];
    expect(canonicalLog(story(...thrownAway, ...answer(2, 'Yes.', 10)))).toBe(
      canonicalLog(story(...answer(1, 'Yes.', 10))),
    );
  });

  it('does not say how far an answer had got when it was cut short', () => {
    const cut = (clauses: number, heard: string): CallEvent[] =>
      story(
        [0, { type: 'llm.started', turn: 1, generation: 1, speculative: false }],
        ...Array.from({ length: clauses }, (_, clause): Line => [
          clause,
          { type: 'tts.started', generation: 1, clause, text: `clause ${clause}` },
        ]),
        [90, { type: 'bot.said', generation: 1, heard, unheard: 'rest', interrupted: true }],
      );
    expect(canonicalLog(cut(1, 'a'))).toBe(canonicalLog(cut(3, 'a b')));
    expect(canonicalLog(cut(1, 'a'))).toContain('interrupted');
  });
});

describe('equalLogs', () => {
  it('counts those that are the same as the first', () => {
    expect(equalLogs([])).toBe(0);
    expect(equalLogs(['a'])).toBe(1);
    expect(equalLogs(['a', 'b', 'a'])).toBe(2);
  });
});
