import { describe, expect, it } from 'vitest';
import { EVENT_VERSION, type CallEventBody } from '../contract/events.ts';
import { LiveView, waterfall } from './live-view.ts';

function show(events: readonly CallEventBody[], isTTY: boolean): string {
  let text = '';
  const view = new LiveView({ write: (part) => (text += part), isTTY, columns: 80 });
  for (const [seq, body] of events.entries())
    view.event({ v: EVENT_VERSION, seq, at: seq * 1_000_000, call: 'c', ...body });
  return text;
}

const turn: CallEventBody[] = [
  { type: 'speech.started', turn: 1, from: 0 },
  { type: 'stt.final', turn: 1, request: 1, text: 'I need an appointment.', took_ms: 120 },
  { type: 'llm.token', generation: 2, text: 'Of' },
  { type: 'llm.token', generation: 2, text: ' course.' },
  { type: 'bot.said', generation: 2, heard: 'Of', unheard: 'course.', interrupted: true },
];

describe('LiveView', () => {
  it('writes only final lines where lines cannot be rewritten', () => {
    const text = show(turn, false);
    expect(text).not.toContain('\u001B');
    expect(text.split('\n')).toEqual([
      '0:01.00  caller    I need an appointment.   [120 ms]',
      '0:04.00  bot       Of ✂ [not heard: course.]',
      '',
    ]);
  });

  it('shows tokens as they come on a terminal', () => {
    expect(show(turn, true)).toContain('\r\u001B[K0:03.00  thinks    Of course.');
  });
});

describe('waterfall', () => {
  it('draws each stage where the one before ends', () => {
    const stages = {
      endpointing: 300,
      stt: 0,
      llm_first_token: 100,
      llm_first_clause: 0,
      tts_first_audio: 200,
      packet: 0,
    };
    const rows = waterfall(stages, 600, 0);
    const bar = (row: string | undefined): [number, number] => [
      row?.indexOf('▇') ?? -1,
      (row?.lastIndexOf('▇') ?? -1) + 1,
    ];
    expect(bar(rows[2])[0]).toBe(bar(rows[0])[1]);
    expect(bar(rows[4])[0]).toBe(bar(rows[2])[1]);
    expect(rows.at(-1)).toContain('600 ms');
  });
});
