import { describe, expect, it } from 'vitest';
import { story } from './fixtures/logs.ts';
import { inForce, inspect } from './inspect.ts';

const hashes = { settings: 's', prompt: 'p', ref_audio: null };
const asked = { round: 0, model: 'm', temperature: 0.6, max_tokens: 200 } as const;

describe('inspect', () => {
  it("gives a request's messages whole although the log only says what is new", () => {
    const { requests } = inspect(
      story(
        [
          100,
          {
            type: 'llm.requested',
            generation: 1,
            ...asked,
            same: 0,
            messages: [
              { role: 'system', content: 'Be kind.' },
              { role: 'user', content: 'Hello' },
            ],
          },
        ],
        [130, { type: 'llm.token', generation: 1, text: 'Hi ' }],
        [140, { type: 'llm.token', generation: 1, text: 'there.' }],
        [150, { type: 'llm.finished', generation: 1, took_ms: 50 }],
        [
          900,
          {
            type: 'llm.requested',
            generation: 2,
            ...asked,
            same: 1,
            messages: [{ role: 'user', content: 'Hello you' }],
          },
        ],
        [950, { type: 'generation.discarded', generation: 2 }],
      ),
    );
    expect(requests).toMatchObject([
      { generation: 1, reply: 'Hi there.', tokens: 2, firstTokenMs: 30, tookMs: 50, discarded: false },
      {
        generation: 2,
        discarded: true,
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'Hello you' },
        ],
      },
    ]);
  });

  it('places the audio of a segment in the call, by the alignment that held there', () => {
    const segment = { type: 'stt.started', turn: 1, audio_ms: 100, speculative: false } as const;
    const { segments } = inspect(
      story(
        [0, { type: 'caller.aligned', offset: 80, from: 0 }],
        [300, { ...segment, request: 1, from: 800, to: 1600 }],
        [400, { type: 'caller.aligned', offset: 160, from: 2000 }],
        [500, { type: 'stt.partial', turn: 1, request: 1, text: 'one' }],
        [600, { type: 'stt.final', turn: 1, request: 1, text: 'one two', took_ms: 300 }],
        [700, { ...segment, request: 2, from: 2400, to: 3200 }],
        [710, { type: 'stt.discarded', turn: 1, request: 2 }],
      ),
    );
    expect(segments).toMatchObject([
      { request: 1, span: { from: 110, to: 210 }, text: 'one two', tookMs: 300, partials: ['one'] },
      { request: 2, span: { from: 320, to: 420 }, text: null, discarded: true },
    ]);
  });

  it('says of each generation what was made and what was heard, and of tools what became of them', () => {
    const { utterances, requests } = inspect(
      story(
        [0, { type: 'llm.requested', generation: 3, ...asked, same: 0, messages: [] }],
        [5, { type: 'tool.called', generation: 3, name: 'book', arguments: '{}' }],
        [25, { type: 'tool.returned', generation: 3, name: 'book', took_ms: 20, ok: true }],
        [30, { type: 'tts.started', generation: 3, clause: 0, text: 'All right.' }],
        [60, { type: 'tts.audio', generation: 3, clause: 0, took_ms: 30 }],
        [
          90,
          {
            type: 'tts.finished',
            generation: 3,
            clause: 0,
            audio_ms: 700,
            sample_rate: 24_000,
            samples: 16_800,
          },
        ],
        [95, { type: 'bot.speaking', turn: 1, generation: 3, at_sample: 800 }],
        [400, { type: 'bot.said', generation: 3, heard: 'All', unheard: 'right.', interrupted: true }],
      ),
    );
    expect(requests[0]?.tools).toEqual([{ name: 'book', arguments: '{}', tookMs: 20, ok: true }]);
    expect(utterances).toEqual([
      {
        generation: 3,
        clauses: [{ index: 0, text: 'All right.', at: 30, firstAudioMs: 30, audioMs: 700 }],
        spokenAt: 100,
        heard: 'All',
        unheard: 'right.',
        interrupted: true,
        discarded: false,
      },
    ]);
  });

  it('knows what settings were in force at a moment', () => {
    const { configurations } = inspect(
      story(
        [20, { type: 'config.used', hashes, settings: { name: 'a' }, prompt: 'one' }],
        [5000, { type: 'config.used', hashes, settings: { name: 'b' }, prompt: 'two' }],
      ),
    );
    expect(inForce(configurations, 0)?.prompt).toBe('one');
    expect(inForce(configurations, 4999)?.prompt).toBe('one');
    expect(inForce(configurations, 5000)?.prompt).toBe('two');
    expect(inForce([], 5)).toBeNull();
  });
});
