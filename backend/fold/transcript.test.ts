import { describe, expect, it } from 'vitest';
import { log, story } from './fixtures/logs.ts';
import { cuesOf, vttOf } from './transcript.ts';

const demo = log('demo', 'harbor-dental');
const interruption = log('interruption', 'talker');

describe('what was heard', () => {
  it('of a real call has both sides in turn, where they spoke', () => {
    const cues = cuesOf(demo);
    const bot = demo.filter((event) => event.type === 'bot.said');
    expect(cues.filter(({ speaker }) => speaker === 'Bot').map(({ text }) => text)).toEqual(
      bot.map(({ heard }) => heard),
    );
    const spoke = demo.filter((event) => event.type === 'speech.started').map(({ from }) => from / 8);
    for (const { from } of cues.filter(({ speaker }) => speaker === 'Caller'))
      expect(Math.min(...spoke.map((at) => Math.abs(at - from)))).toBeLessThan(50);
    for (const [index, { from, to }] of cues.entries()) {
      expect(to).toBeGreaterThan(from);
      expect(from).toBeGreaterThanOrEqual(cues[index - 1]?.to ?? 0);
    }
  });

  it('leaves out what nobody heard because of an interruption', () => {
    const cut = interruption.filter((event) => event.type === 'bot.said' && event.interrupted);
    expect(cut.length).toBeGreaterThan(0);
    const text = cuesOf(interruption).map((cue) => cue.text);
    for (const event of cut) {
      if (event.type !== 'bot.said') continue;
      if (event.heard.trim() !== '') expect(text).toContain(event.heard.trim());
      expect(text.join(' ')).not.toContain(event.unheard);
    }
  });

  it('follows the alignment, keeps a preview that was the last word, and tells a person from the bot', () => {
    const events = story(
      [20, { type: 'caller.aligned', offset: 160, from: 0 }],
      [21, { type: 'caller.aligned', offset: 240, from: 8000 }],
      [1100, { type: 'speech.started', turn: 1, from: 8000 }],
      [2000, { type: 'stt.partial', turn: 1, request: 0, text: 'One moment' }],
      [2500, { type: 'person.said', text: ' I am listening. ', from: 24_000, to: 32_000 }],
      [2600, { type: 'bot.said', generation: 1, heard: '', unheard: 'Yes?', interrupted: true }],
    );
    expect(cuesOf(events)).toEqual([
      { from: 1030, to: 2000, speaker: 'Caller', text: 'One moment' },
      { from: 3000, to: 4000, speaker: 'Person', text: 'I am listening.' },
    ]);
  });

  it('of a script is what it heard, each answer from where that began', () => {
    const events = story(
      [900, { type: 'script.heard', turn: 0, text: 'Hello.' }],
      [2000, { type: 'script.latency', turn: 1, wire_ms: 500 }],
      [4000, { type: 'script.latency', turn: 2, wire_ms: 500 }],
      [4100, { type: 'script.heard', turn: 1, text: 'Yes.' }],
    );
    expect(cuesOf(events)).toEqual([
      { from: 0, to: 900, speaker: 'Caller', text: 'Hello.' },
      { from: 2000, to: 4100, speaker: 'Caller', text: 'Yes.' },
    ]);
  });
});

describe('a WebVTT file', () => {
  it('has a voice and times for each cue, and nothing that ends one early', () => {
    const text = 'a < b & c --> d\n\n<i>e</i>';
    expect(
      vttOf([
        { from: 999.6, to: 1000, speaker: 'Caller', text },
        { from: 3_600_000 + 61_001, to: 36_000_000, speaker: 'Bot', text: 'Yes.' },
      ]),
    ).toBe(
      'WEBVTT\n\n' +
        '00:00:01.000 --> 00:00:01.001\n<v Caller>a &lt; b &amp; c --&gt; d &lt;i&gt;e&lt;/i&gt;\n\n' +
        '01:01:01.001 --> 10:00:00.000\n<v Bot>Yes.\n',
    );
  });

  it('of a call without words is still one', () => {
    expect(vttOf([])).toBe('WEBVTT\n');
  });
});
