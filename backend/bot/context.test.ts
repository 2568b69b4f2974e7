import { describe, expect, it } from 'vitest';
import { botSettings } from '../contract/settings.ts';
import type { ChatMessage } from '../providers/types.ts';
import { callerTurn, Conversation, CUT_MARK, pressed, systemPrompt } from './context.ts';

const call = { id: '1', name: 'send_dtmf', arguments: '{"digits":"1"}' };
const toolMessages: ChatMessage[] = [
  { role: 'assistant', content: 'One moment.', toolCalls: [call] },
  { role: 'tool', toolCallId: '1', content: 'sent' },
];

describe('Conversation', () => {
  it('holds what was said and heard, cut turns marked', () => {
    const conversation = new Conversation('Be kind.');
    conversation.bot('Здравствуйте! Я', true);
    conversation.caller('Сколько стоит осмотр?');
    conversation.bot('One moment. It is done.', false, toolMessages);
    conversation.caller(pressed('12#'));
    conversation.bot('', true);
    expect(conversation.messages('Алло?')).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'assistant', content: `Здравствуйте! Я ${CUT_MARK}` },
      { role: 'user', content: 'Сколько стоит осмотр?' },
      { role: 'assistant', content: '', toolCalls: [call] },
      { role: 'tool', toolCallId: '1', content: 'sent' },
      { role: 'assistant', content: 'One moment. It is done.' },
      { role: 'user', content: '[pressed 1 2 #]' },
      { role: 'user', content: 'Алло?' },
    ]);
  });

  it('keeps its prefix from turn to turn, but for rare big steps at a turn of the caller', () => {
    const conversation = new Conversation('Be kind.', 2000);
    let before = conversation.messages();
    let steps = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      const question = `question ${turn} ${'x'.repeat(turn % 50)}`;
      const asked = conversation.messages(question);
      expect(asked.slice(0, -1)).toEqual(before);
      conversation.caller(question);
      conversation.bot(`answer ${turn}`, false, turn % 7 === 0 ? toolMessages : []);
      const after = conversation.messages();
      expect(after[0]).toEqual({ role: 'system', content: 'Be kind.' });
      if (JSON.stringify(after.slice(0, before.length)) !== JSON.stringify(before)) {
        steps += 1;
        expect(after[1]?.role).toBe('user');
        expect(after.length).toBeGreaterThan(4);
      }
      expect(after.reduce((sum, message) => sum + message.content.length, 0)).toBeLessThanOrEqual(2100);
      expect(after.at(-1)).toEqual({ role: 'assistant', content: `answer ${turn}` });
      before = after;
    }
    expect(steps).toBeGreaterThan(2);
    expect(steps).toBeLessThan(15);
  });

  it('keeps the last turn, however long', () => {
    const conversation = new Conversation('', 100);
    conversation.caller('short');
    conversation.bot('short', false);
    conversation.caller('y'.repeat(500));
    conversation.bot('z'.repeat(500), false);
    expect(conversation.messages().map((message) => message.content.length)).toEqual([0, 500, 500]);
  });

  it('whispers stand where they were said and outlive what was said around them', () => {
    const conversation = new Conversation('Be kind.', 200);
    conversation.caller('hello');
    conversation.whisper('Offer ten percent off.');
    conversation.bot('hello', false);
    expect(conversation.messages().map(({ role }) => role)).toEqual([
      'system',
      'user',
      'system',
      'assistant',
    ]);
    for (let turn = 0; turn < 20; turn += 1) {
      conversation.caller(`question ${turn}`);
      conversation.bot('x'.repeat(40), false);
    }
    const messages = conversation.messages();
    expect(messages[1]).toEqual({ role: 'system', content: 'Offer ten percent off.' });
    expect(messages[2]?.role).toBe('user');
    expect(messages.filter(({ role }) => role === 'system')).toHaveLength(2);
    expect(messages.length).toBeLessThan(12);
  });

  it('stays short while the caller speaks and nobody answers', () => {
    const conversation = new Conversation('Be kind.', 1000);
    for (let turn = 0; turn < 100; turn += 1) conversation.caller('y'.repeat(90));
    expect(conversation.messages().length).toBeLessThan(13);
  });

  it('takes a new prompt without touching what was said', () => {
    const conversation = new Conversation('old');
    conversation.caller('hello');
    conversation.instruct('new');
    expect(conversation.messages()).toEqual([
      { role: 'system', content: 'new' },
      { role: 'user', content: 'hello' },
    ]);
  });
});

describe('callerTurn', () => {
  it.each([
    ['hello', '', 'hello'],
    ['', '1#', '[pressed 1 #]'],
    ['hello', '1', 'hello [pressed 1]'],
  ])('"%s" and keys "%s" -> "%s"', (text, digits, expected) => {
    expect(callerTurn({ text, digits })).toBe(expected);
  });
});

describe('systemPrompt', () => {
  const prompt = 'Be kind.\n\n```rules\nintents: {}\n```\n';
  it('shows the rules to the rule responder alone', () => {
    expect(systemPrompt(botSettings.parse({}), prompt)).toBe(prompt);
    expect(systemPrompt(botSettings.parse({ llm: { provider: 'openai' } }), prompt)).toBe('Be kind.');
    expect(systemPrompt(botSettings.parse({ llm: { model: 'qwen2.5-0.5b' } }), prompt)).toBe('Be kind.');
  });
});
