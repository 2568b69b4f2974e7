import { describe, expect, it } from 'vitest';
import { pressed } from '../bot/context.ts';
import type { CallEventBody } from '../contract/events.ts';
import { MaskedEvents } from './masked-events.ts';

const key = (digit: string): CallEventBody => ({ type: 'dtmf.received', digit, duration_ms: 90 });

function masked(...bodies: CallEventBody[]): CallEventBody[] {
  const events = new MaskedEvents();
  return bodies.map((body) => events.mask(body));
}

describe('masked events', () => {
  it('say that a key was pressed and for how long, not which, in either direction', () => {
    expect(masked(key('4'), key('#'), { type: 'dtmf.sent', digit: '7', duration_ms: 100 })).toEqual([
      { type: 'dtmf.received', digit: 'x', duration_ms: 90 },
      { type: 'dtmf.received', digit: 'x', duration_ms: 90 },
      { type: 'dtmf.sent', digit: 'x', duration_ms: 100 },
    ]);
  });

  it('quote no keys that the model was told of, wherever it repeats them', () => {
    const call = { id: 'call-a', name: 'pay', arguments: '{"card":"4929-1234"}' };
    const asked: CallEventBody = {
      type: 'llm.requested',
      generation: 3,
      round: 1,
      model: 'm',
      temperature: 0.6,
      max_tokens: 200,
      same: 2,
      messages: [
        { role: 'user', content: `My card. ${pressed('49*#A')}` },
        { role: 'assistant', content: '', tool_calls: [call] },
        { role: 'tool', content: 'card 49291234 is fine', tool_call_id: 'call-a' },
      ],
    };
    const log = masked(
      key('4'),
      asked,
      { type: 'llm.token', generation: 3, text: ' 492' },
      { type: 'tool.called', generation: 3, name: 'pay', arguments: call.arguments },
      { type: 'tts.started', generation: 3, clause: 1, text: 'Your card 4929 1234.' },
      { type: 'bot.said', generation: 3, heard: 'Your card 4929', unheard: '1234.', interrupted: true },
    );
    expect(log[1]).toMatchObject({ messages: [{ content: 'My card. [pressed x x x x x]' }, {}, {}] });
    expect(
      JSON.stringify(log.slice(1).map((body) => ({ ...body, generation: null, same: null }))),
    ).not.toMatch(/4929|1234|492|\*|#/);
    // Nothing else of them changes, and nothing of what was given.
    expect(log[1]).toMatchObject({
      type: 'llm.requested',
      generation: 3,
      round: 1,
      temperature: 0.6,
      same: 2,
    });
    expect(asked.messages[0]?.content).toBe('My card. [pressed 4 9 * # A]');
  });

  it('are as they were until the first key, and where they hold no text of the model', () => {
    const said: CallEventBody = { type: 'tts.started', generation: 1, clause: 1, text: 'It is $60.' };
    const heard: CallEventBody = { type: 'stt.final', turn: 1, request: 1, text: 'at 5', took_ms: 80 };
    const [before, , after] = masked(said, key('1'), heard);
    expect(before).toBe(said);
    expect(after).toBe(heard);
  });
});
