import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../contract/events.ts';
import { foldConversation } from './conversation.ts';
import { log, story } from './fixtures/logs.ts';
import type { Conversation, ConversationItem } from './types.ts';

const fold = (events: readonly CallEvent[]): Conversation => events.reduce(foldConversation, []);
const demo = log('demo', 'harbor-dental');
const interruption = log('interruption', 'talker');

/** Items as a person would read them out. */
function lines(items: Conversation): string[] {
  return items.map((item) => {
    switch (item.kind) {
      case 'caller':
        return `caller ${item.turn} ${item.state}: ${item.text}`;
      case 'bot':
        return `bot ${item.state}: ${item.text}${item.unheard === '' ? '' : ` [${item.unheard}]`}`;
      case 'keys':
        return `keys by ${item.by}: ${item.digits}`;
      case 'person':
        return `person: ${item.text}`;
      case 'note':
        return `note ${item.event.type}`;
    }
  });
}

describe('foldConversation', () => {
  it('reads like the demo call', () => {
    expect(lines(fold(demo))).toEqual([
      'bot said: Hello, Harbor Street Dental. How can I help you?',
      "caller 1 final: Hello, I'd like to book an appointment for a check-up.",
      'bot said: All right. Which day would suit you?',
      'caller 2 final: Friday at half-past two, please, and how much does it cost?',
      'bot said: Good, thank you. A check-up is sixty dollars. And your name, please?',
      'caller 3 final: My name is Emma Wilson.',
      "bot said: Okay. So that's a check-up on Friday at half past two, for Emma Wilson. Is that right?",
      'caller 4 final: No, sorry, I meant Thursday.',
      "bot said: No problem, I've changed that. So that's a check-up on Thursday at half past two, for Emma Wilson. Is that right?",
      "caller 5 final: Yes, that's right. thank you good-bye.",
      "bot said: Wonderful, Emma Wilson, you're booked. See you on Thursday at half past two. Thank you for calling. Goodbye!",
      'note call.ended',
    ]);
  });

  it('tells the backchannel from the interruption', () => {
    const unheard =
      'harbour. Before we begin, let me tell you at some length who we are, when we are open, and where you can leave your car.';
    expect(lines(fold(interruption))).toEqual([
      `bot interrupted: Hello, you have reached the clinic by the ${unheard} [${unheard}]`,
      'caller 0 final: Yeah.',
      "caller 1 final: Hello, I'd like to book an appointment for a check-up.",
      'bot said: Certainly. Which day of the week would you prefer?',
    ]);
  });

  it('shares everything that an event did not touch, and never changes what it was given', () => {
    for (const events of [demo, interruption]) {
      let before: Conversation = [];
      for (const event of events) {
        const frozen = structuredClone(before);
        const after = foldConversation(before, event);
        expect(before).toEqual(frozen);
        // What is equal is the same, and at most two items are not: one that is settled, one that begins.
        const old = new Map(before.map((item) => [item.key, item]));
        const fresh = after.filter((item) => old.get(item.key) !== item);
        expect(fresh.length).toBeLessThanOrEqual(2);
        expect(fresh.filter((item) => same(item, old.get(item.key))).map(({ key }) => key)).toEqual([]);
        expect(new Set(after.map(({ key }) => key)).size).toBe(after.length);
        before = after;
      }
    }
  });

  it('gives the very same list back for what is no part of a conversation', () => {
    const items = fold(demo);
    const others = demo.filter(({ type }) =>
      ['rtp.stats', 'turn.state', 'turn.completeness', 'turn.ended', 'tts.audio', 'rtp.ready'].includes(type),
    );
    expect(others.length).toBeGreaterThan(50);
    for (const event of others) expect(foldConversation(items, event)).toBe(items);
  });

  it('grows as it is heard and thought', () => {
    const upTo = (index: number): string | undefined => lines(fold(demo.slice(0, index + 1))).at(-1);
    const find = (type: CallEvent['type'], after = 0): number =>
      demo.findIndex((event, index) => index > after && event.type === type);
    const speech = find('speech.started');
    expect(upTo(speech)).toBe('caller 1 speaking: ');
    const discarded = find('stt.discarded');
    const partial = find('stt.partial', discarded);
    expect(upTo(partial)).toBe("caller 1 speaking: I'd like to book");
    expect(upTo(find('speech.ended', partial))).toBe(
      "caller 1 recognising: I'd like to book an appointment for a.",
    );
    const final = find('stt.final');
    expect(upTo(final)).toBe("caller 1 final: Hello, I'd like to book an appointment for a check-up.");
    const token = find('llm.token', final);
    expect(upTo(token)).toBe('bot thinking: All ');
    expect(upTo(find('bot.speaking', token))).toBe('bot speaking: All right. Which day would suit you?');
  });

  it('keeps with an answer what it used and how long the caller waited for it', () => {
    const bots = fold(demo).filter((item) => item.kind === 'bot');
    expect(bots.at(-1)?.tools).toEqual([{ name: 'hangup', tookMs: 0.19, ok: true }]);
    expect(bots[0]?.waterfall).toBeNull();
    expect(bots[1]?.waterfall).toMatchObject({ totalMs: 630.003, to: 56_543 / 8 });
    expect(bots[1]?.at).toBe(56_543 / 8);
  });

  it('gives words that the bot began to answer their turn, and what was being said over it the next one', () => {
    const items = fold(
      story(
        [0, { type: 'speech.started', turn: 1, from: 0 }],
        [900, { type: 'speech.ended', turn: 1, to: 6400 }],
        [
          900,
          {
            type: 'stt.started',
            turn: 1,
            request: 1,
            audio_ms: 900,
            from: null,
            to: null,
            speculative: true,
          },
        ],
        [950, { type: 'stt.final', turn: 1, request: 1, text: 'A table please.', took_ms: 50 }],
        [960, { type: 'llm.started', turn: 1, generation: 1, speculative: true }],
        [1000, { type: 'llm.token', generation: 1, text: 'For when?' }],
        [1100, { type: 'speech.started', turn: 1, from: 8000 }],
        [1110, { type: 'bot.speaking', turn: 1, generation: 1, at_sample: 8800 }],
        [1900, { type: 'speech.ended', turn: 2, to: 14_400 }],
        [
          1900,
          {
            type: 'stt.started',
            turn: 2,
            request: 2,
            audio_ms: 900,
            from: null,
            to: null,
            speculative: true,
          },
        ],
        [1950, { type: 'stt.final', turn: 2, request: 2, text: 'For Friday.', took_ms: 50 }],
        [1960, { type: 'bot.said', generation: 1, heard: 'For', unheard: 'when?', interrupted: true }],
      ),
    );
    expect(lines(items)).toEqual([
      'caller 1 final: A table please.',
      'bot interrupted: For when? [when?]',
      'caller 2 final: For Friday.',
    ]);
  });

  it('leaves no line for noise, nor for a thought that was thrown away', () => {
    const items = fold(
      story(
        [0, { type: 'speech.started', turn: 1, from: 0 }],
        [500, { type: 'speech.ended', turn: 1, to: 4000 }],
        [
          500,
          {
            type: 'stt.started',
            turn: 1,
            request: 1,
            audio_ms: 700,
            from: null,
            to: null,
            speculative: true,
          },
        ],
        [600, { type: 'stt.final', turn: 1, request: 1, text: '', took_ms: 100 }],
        [700, { type: 'llm.started', turn: 1, generation: 1, speculative: true }],
        [800, { type: 'generation.discarded', generation: 1 }],
      ),
    );
    expect(items).toEqual([]);
  });

  it('settles for what it heard when no final comes', () => {
    const events = story(
      [0, { type: 'speech.started', turn: 1, from: 0 }],
      [500, { type: 'stt.partial', turn: 1, request: 0, text: 'Is anybody' }],
      [900, { type: 'call.ended', reason: 'gone', duration_ms: 900 }],
    );
    expect(lines(fold(events))).toEqual(['caller 1 final: Is anybody', 'note call.ended']);
  });

  it('makes the best of a log with holes in it', () => {
    for (let every = 2; every < 40; every += 1) {
      const items = fold(demo.filter((_, index) => index % every !== every - 1));
      expect(items.length).toBeGreaterThan(5);
      for (const item of items) expect(item.at).toBeGreaterThanOrEqual(0);
    }
  });

  it('takes keys together, and has what people did', () => {
    const items = fold(
      story(
        [0, { type: 'dtmf.received', digit: '4', duration_ms: 100 }],
        [300, { type: 'dtmf.received', digit: '2', duration_ms: 100 }],
        [600, { type: 'dtmf.sent', digit: '#', duration_ms: 100 }],
        [700, { type: 'bot.held', on: true }],
        [800, { type: 'speech.started', turn: 1, from: 0 }],
        [900, { type: 'speech.ended', turn: 1, to: 800 }],
        [
          900,
          {
            type: 'stt.started',
            turn: 1,
            request: 1,
            audio_ms: 100,
            from: null,
            to: null,
            speculative: false,
          },
        ],
        [950, { type: 'stt.final', turn: 1, request: 1, text: 'Hello?', took_ms: 50 }],
        [950, { type: 'turn.noted', turn: 1, text: 'Hello?' }],
        [990, { type: 'person.said', text: 'One moment.', from: 7200, to: 7900 }],
      ),
    );
    expect(lines(items)).toEqual([
      'keys by caller: 42',
      'keys by us: #',
      'note bot.held',
      'caller 1 noted: Hello?',
      'person: One moment.',
    ]);
  });

  it('notes once that a call on hold holds its bot as well', () => {
    const items = fold(
      story(
        [100, { type: 'call.held', by: 'us', on: true }],
        [100, { type: 'bot.held', on: true }],
        [500, { type: 'call.held', by: 'us', on: false }],
        [500, { type: 'bot.held', on: false }],
        [900, { type: 'bot.held', on: true }],
      ),
    );
    expect(lines(items)).toEqual(['note call.held', 'note call.held', 'note bot.held']);
  });
});

function same(a: ConversationItem, b: ConversationItem | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
