import { describe, expect, it } from 'vitest';
import type { CallSummary } from '../../backend/fold/types.ts';
import { summary as call } from './fixtures/summary.ts';
import { callRows, reach, type Control } from './legs.ts';

function pair(party: string, bot = 'harbor-dental'): readonly [CallSummary, CallSummary] {
  const [a, b] = ['127.0.0.1:1', '127.0.0.1:2'];
  return [call('1-placed', party, { peer: b, local: a }), call('2-answered', bot, { peer: a, local: b })];
}

describe('callRows', () => {
  it("shows the bot's leg of a call with ourselves", () => {
    const [placed, answered] = pair('script');
    expect(callRows([placed, answered])).toEqual([{ shown: answered, other: placed }]);
  });

  it('shows one leg where neither has a bot', () => {
    const rows = callRows(pair('script', 'person'));
    expect(rows.map(({ shown }) => shown.id)).toEqual(['1-placed']);
  });

  it('shows both of two bots', () => {
    expect(callRows(pair('talker'))).toHaveLength(2);
  });

  it('puts what goes on first, the newest on top', () => {
    const calls = [
      call('1', 'a'),
      call('2', 'b', { state: 'ended' }),
      call('3', 'c'),
      call('4', 'd', { state: 'ended' }),
    ];
    expect(callRows(calls).map(({ shown }) => shown.id)).toEqual(['3', '1', '4', '2']);
  });
});

describe('reach', () => {
  const all: readonly Control[] = [
    'hang_up',
    'mute',
    'hold',
    'listen_in',
    'take_over',
    'say',
    'whisper',
    'keys',
    'mark',
  ];

  it('acts on the bot that a stranger called', () => {
    for (const control of all) expect(reach(control, call('1', 'bot'), null).call).toBe('1');
  });

  it('acts on the bot that a recorded caller called', () => {
    const [placed, answered] = pair('script');
    for (const control of all) expect(reach(control, answered, placed).call).toBe(answered.id);
  });

  it("mutes and presses keys on the person's leg, who cannot also speak for the bot", () => {
    const [placed, answered] = pair('person');
    expect(reach('mute', answered, placed).call).toBe(placed.id);
    expect(reach('keys', answered, placed).call).toBe(placed.id);
    expect(reach('say', answered, placed).call).toBe(answered.id);
    expect(reach('take_over', answered, placed).reason).toBe('you_are_the_caller');
  });

  it('does nothing to a call that is over', () => {
    const over = call('1', 'bot', { state: 'ended' });
    for (const control of all) expect(reach(control, over, null).reason).toBe('ended');
  });

  it('leaves alone a bot that is not there', () => {
    const person = call('1', 'person');
    const reasons = all.map((control) => reach(control, person, null).reason);
    expect(reasons).toEqual([null, null, 'no_bot', null, 'no_bot', 'no_bot', 'no_bot', null, null]);
  });

  it('lets the person say it themselves while they speak for the bot', () => {
    const shown = call('1', 'bot', { takenOver: true });
    expect(reach('say', shown, null).reason).toBe('you_speak');
    expect(reach('take_over', shown, null).call).toBe('1');
  });
});
