import { describe, expect, it } from 'vitest';
import { EVENT_VERSION, type CallEventBody } from '../backend/contract/events.ts';
import { botSettings } from '../backend/contract/settings.ts';
import { Health } from './health.ts';

const settings = botSettings.parse({
  llm: { provider: 'openai', model: 'qwen', base_url: 'http://localhost:8085/v1' },
});
const told = (health: Health, body: CallEventBody): void =>
  health.take({ v: EVENT_VERSION, seq: 0, at: 0, call: 'a', ...body });
const states = (health: Health): Record<string, string> =>
  Object.fromEntries(health.report().map(({ stage, state }) => [stage, state]));

describe('Health', () => {
  it('knows embedded models by their files and endpoints by what became of them', () => {
    const health = new Health();
    expect(health.report()).toEqual([]);
    health.use(settings, new Set(['moonshine-tiny-en']));
    expect(states(health)).toEqual({ stt: 'ok', llm: 'unknown', tts: 'missing' });
    told(health, {
      type: 'provider.failed',
      stage: 'llm',
      provider: 'qwen',
      kind: 'timeout',
      message: 'no answer within 8 s',
      retrying: false,
    });
    expect(health.report()[1]).toEqual({
      stage: 'llm',
      what: 'qwen at http://localhost:8085/v1',
      state: 'failing',
      message: 'no answer within 8 s',
    });
    told(health, { type: 'llm.finished', generation: 1, took_ms: 41.2 });
    expect(states(health)['llm']).toBe('ok');
  });

  it('forgets what it saw when the settings change', () => {
    const health = new Health();
    health.use(settings, new Set());
    health.tested('llm', true, 'fine');
    expect(states(health)['llm']).toBe('ok');
    health.use({ ...settings, llm: { ...settings.llm, model: 'other' } }, new Set());
    expect(states(health)['llm']).toBe('unknown');
  });
});
