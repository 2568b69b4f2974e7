import { beforeAll, describe, expect, it } from 'vitest';
import { LATENCY_STAGES, type CallEvent } from '../contract/events.ts';
import { log, story } from './fixtures/logs.ts';
import { Timeline } from './timeline.ts';
import type { Span } from './types.ts';

function timelineOf(events: readonly CallEvent[]): Timeline {
  const timeline = new Timeline();
  for (const event of events) timeline.apply(event);
  return timeline;
}

const demo = log('demo', 'harbor-dental');
const interruption = log('interruption', 'talker');

describe.each([
  ['demo', demo],
  ['interruption', interruption],
] as const)('the timeline of the %s call', (_, events) => {
  let timeline: Timeline;

  beforeAll(() => {
    timeline = timelineOf(events);
  });

  it('has every list in order, each span after the one before', () => {
    const lists: readonly (readonly Span[])[] = [
      timeline.speech,
      timeline.states,
      timeline.texts,
      timeline.bot,
      timeline.waterfalls,
    ];
    for (const spans of lists) {
      for (const [index, span] of spans.entries()) {
        expect(span.from).toBeLessThanOrEqual(span.to ?? timeline.durationMs);
        expect(span.from).toBeGreaterThanOrEqual(spans[index - 1]?.to ?? 0);
      }
    }
    const ticks = timeline.tokens.map(({ at }) => at);
    expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
  });

  it('begins each waterfall where the caller fell silent, and ends it where the bot speaks', () => {
    expect(timeline.waterfalls.length).toBeGreaterThan(0);
    for (const { from, to, generation } of timeline.waterfalls) {
      const nearest = Math.min(...timeline.speech.map((span) => Math.abs((span.to ?? Infinity) - from)));
      expect(nearest).toBeLessThan(3);
      expect(timeline.bot.find((span) => span.generation === generation)?.from).toBe(to);
    }
  });

  it('lays the stages one after the other, the residual last', () => {
    for (const { from, to, totalMs, residualMs, stages } of timeline.waterfalls) {
      expect(stages.map(({ key }) => key)).toEqual(LATENCY_STAGES.map(([key]) => key));
      expect(to - from).toBeCloseTo(totalMs, 6);
      let reached = from;
      for (const stage of stages) {
        expect(stage.from).toBe(reached);
        reached = stage.to;
      }
      expect(to - reached).toBeCloseTo(residualMs, 1);
    }
  });

  it('keeps of the words those that counted, where they were said', () => {
    const dropped = new Set(
      events.filter((event) => event.type === 'stt.discarded').map(({ request }) => request),
    );
    const counted = events.filter((event) => event.type === 'stt.final' && !dropped.has(event.request));
    expect(timeline.texts.map(({ text, final }) => [text, final])).toEqual(
      counted.map((event) => event.type === 'stt.final' && [event.text, true]),
    );
    for (const text of timeline.texts) {
      const edges = timeline.speech.flatMap(({ from, to }) => [from, to]);
      expect(edges).toContain(text.from);
      expect(edges).toContain(text.to);
    }
    // No speech is left without its words.
    for (const span of timeline.speech) {
      expect(timeline.texts.some(({ from, to }) => from <= span.from && to >= (span.to ?? 0))).toBe(true);
    }
  });

  it('dims the tokens nobody was to hear, and marks the first of each thought', () => {
    const discarded = new Set(
      events.filter((event) => event.type === 'generation.discarded').map(({ generation }) => generation),
    );
    expect(timeline.tokens.length).toBe(events.filter(({ type }) => type === 'llm.token').length);
    const seen = new Set<number>();
    for (const { at, generation, firstAfterMs, discarded: dim } of timeline.tokens) {
      expect(dim).toBe(discarded.has(generation));
      expect(firstAfterMs === null).toBe(seen.has(generation));
      if (firstAfterMs !== null) {
        const asked = events.find((event) => event.type === 'llm.started' && event.generation === generation);
        expect(firstAfterMs).toBeCloseTo(at - (asked?.at ?? NaN) / 1000, 6);
      }
      seen.add(generation);
    }
    expect(timeline.tokens.some((tick) => tick.discarded)).toBe(true);
  });

  it('has ended where the call ended', () => {
    expect(timeline.ended).toBe(events.some(({ type }) => type === 'call.ended'));
    expect(timeline.durationMs).toBe(Math.max(...events.map(({ at }) => at / 1000)));
    expect(timeline.revision).toBe(events.length);
  });
});

describe('Timeline', () => {
  it('places a final over both parts of a turn that had a pause in it', () => {
    const { texts, speech } = timelineOf(demo);
    expect(texts[0]?.text).toBe("Hello, I'd like to book an appointment for a check-up.");
    expect(texts[0]?.from).toBe(speech[0]?.from);
    expect(texts[0]?.to).toBe(speech[1]?.to);
    expect(speech[0]?.from).toBe((29_760 - 137) / 8);
  });

  it('ends an interrupted answer when it was stopped, with what was not heard', () => {
    const [greeting, answer] = timelineOf(interruption).bot;
    expect(greeting).toMatchObject({ generation: 1, from: 297 / 8, to: 2778.543, interrupted: true });
    expect(greeting?.unheard).toMatch(/^harbour\. Before we begin/);
    expect(greeting?.text.startsWith('Hello, you have reached the clinic by the harbour.')).toBe(true);
    expect(answer).toMatchObject({ generation: 3, interrupted: false, unheard: '' });
  });

  it('shows what is known while it goes on', () => {
    const stop = demo.findIndex(({ type, at }) => type === 'stt.partial' && at > 5_500_000);
    const { texts, speech, states, ended } = timelineOf(demo.slice(0, stop + 1));
    expect(texts).toEqual([
      {
        from: speech[1]?.from,
        to: (demo[stop]?.at ?? 0) / 1000,
        turn: 1,
        request: 0,
        text: "I'd like to book an appointment",
        final: false,
      },
    ]);
    expect([speech.at(-1)?.to, states.at(-1)?.to, states.at(-1)?.state, ended]).toEqual([
      null,
      null,
      'listening',
      false,
    ]);
  });

  it('keeps the words of a request that no longer counts, as a preview, until the whole is known', () => {
    const drop = demo.findIndex((event) => event.type === 'stt.discarded' && event.request === 6);
    expect(timelineOf(demo.slice(0, drop)).texts.at(-1)).toMatchObject({ request: 6, final: true });
    const words = { request: 0, final: false, text: 'Friday at half-past two,' };
    expect(timelineOf(demo.slice(0, drop + 1)).texts.at(-1)).toMatchObject(words);
    const partial = demo.findIndex((event, index) => index > drop && event.type === 'stt.partial');
    expect(timelineOf(demo.slice(0, partial + 1)).texts.slice(-2)).toMatchObject([
      words,
      { request: 0, final: false, text: 'Please.' },
    ]);
  });

  it('leaves nothing of a preview that turned out to be no words', () => {
    const events = story(
      [0, { type: 'speech.started', turn: 1, from: 0 }],
      [500, { type: 'stt.partial', turn: 1, request: 0, text: 'Uh.' }],
      [700, { type: 'speech.ended', turn: 1, to: 4800 }],
      [
        700,
        { type: 'stt.started', turn: 1, request: 1, audio_ms: 600, from: null, to: null, speculative: false },
      ],
      [900, { type: 'stt.final', turn: 1, request: 1, text: '', took_ms: 200 }],
    );
    expect(timelineOf(events.slice(0, 2)).texts).toHaveLength(1);
    expect(timelineOf(events).texts).toEqual([]);
  });

  it('gives the pieces of a very long turn each their stretch', () => {
    const { texts } = timelineOf(
      story(
        [0, { type: 'speech.started', turn: 1, from: 0 }],
        [
          30_000,
          {
            type: 'stt.started',
            turn: 1,
            request: 1,
            audio_ms: 30_000,
            from: null,
            to: null,
            speculative: true,
          },
        ],
        [30_500, { type: 'stt.final', turn: 1, request: 1, text: 'One.', took_ms: 500 }],
        [31_000, { type: 'stt.partial', turn: 1, request: 0, text: 'One. Tw' }],
        [35_000, { type: 'speech.ended', turn: 1, to: 280_000 }],
        [
          35_000,
          {
            type: 'stt.started',
            turn: 1,
            request: 2,
            audio_ms: 5000,
            from: null,
            to: null,
            speculative: true,
          },
        ],
        [35_500, { type: 'stt.final', turn: 1, request: 2, text: 'Two.', took_ms: 500 }],
      ),
    );
    expect(texts.map(({ from, to, text }) => [from, to, text])).toEqual([
      [0, 30_000, 'One.'],
      [30_000, 35_000, 'Two.'],
    ]);
  });

  it('has the marks, and what a person said in the place of the bot', () => {
    const { marks, bot } = timelineOf(
      story(
        [100, { type: 'call.marked', label: 'here' }],
        [1800, { type: 'tts.started', generation: 1, clause: 0, text: 'Well,' }],
        [1800, { type: 'bot.speaking', turn: 0, generation: 1, at_sample: 14_400 }],
        [2000, { type: 'person.said', text: 'Good morning.', from: 8000, to: 12_000 }],
        [2100, { type: 'bot.said', generation: 1, heard: 'Well,', unheard: '', interrupted: false }],
      ),
    );
    expect(marks).toEqual([{ at: 100, label: 'here' }]);
    expect(bot).toMatchObject([
      { from: 1000, to: 1500, text: 'Good morning.', generation: 0 },
      { from: 1800, to: 2100, text: 'Well,', generation: 1 },
    ]);
  });

  it('closes what is open when the call ends', () => {
    const { speech, states, bot } = timelineOf(
      story(
        [0, { type: 'turn.state', state: 'listening' }],
        [0, { type: 'speech.started', turn: 1, from: 0 }],
        [0, { type: 'bot.speaking', turn: 0, generation: 1, at_sample: 0 }],
        [400, { type: 'call.ended', reason: 'gone', duration_ms: 400 }],
      ),
    );
    expect([speech[0]?.to, states[0]?.to, bot[0]?.to]).toEqual([400, 400, 400]);
  });
});
