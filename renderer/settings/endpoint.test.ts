import { describe, expect, test } from 'vitest';
import { botSettings, sttSettings, ttsSettings } from '../../backend/contract/settings.ts';
import type { ModelView } from '../../backend/contract/window.ts';
import { changesOf, draftOf, embeddedModels, errorsIn, testRequest, withProvider } from './endpoint.ts';

const embedded = botSettings.parse({ tts: { model: 'piper-joe-en' } });
const remote = botSettings.parse({
  voice: { name: 'anna' },
  tts: {
    provider: 'openai',
    base_url: 'http://tts:8000/v1',
    model: 'f5',
    api_key_env: 'TTS_KEY',
    timeout_ms: 2500,
  },
});

describe('changes of an endpoint', () => {
  test('none while nothing differs', () => {
    for (const stage of ['stt', 'llm', 'tts'] as const) {
      expect(changesOf(embedded, stage, draftOf(embedded, stage))).toEqual([]);
      expect(changesOf(remote, stage, draftOf(remote, stage))).toEqual([]);
    }
  });

  test('to an endpoint: its address comes before the provider that needs it', () => {
    const draft = draftOf(remote, 'tts');
    expect(changesOf(embedded, 'tts', { ...draft, baseUrl: ' http://tts:8000/v1/ ' })).toEqual([
      { path: ['tts', 'base_url'], value: 'http://tts:8000/v1' },
      { path: ['tts', 'api_key_env'], value: 'TTS_KEY' },
      { path: ['tts', 'timeout_ms'], value: 2500 },
      { path: ['voice', 'name'], value: 'anna' },
      { path: ['tts', 'model'], value: 'f5' },
      { path: ['tts', 'provider'], value: 'openai' },
    ]);
  });

  test('back to an embedded model: the address goes after the provider that needed it', () => {
    const draft = withProvider(draftOf(remote, 'tts'), 'embedded', draftOf(remote, 'tts'), ['piper-joe-en']);
    expect(changesOf(remote, 'tts', { ...draft, timeout: '' })).toEqual([
      { path: ['tts', 'model'], value: 'piper-joe-en' },
      { path: ['tts', 'provider'], value: 'embedded' },
      { path: ['tts', 'base_url'], value: null },
      { path: ['tts', 'api_key_env'], value: null },
      { path: ['tts', 'timeout_ms'], value: null },
    ]);
  });

  test('applied one by one, each leaves a file that the schema and the endpoint rule accept', () => {
    const steps = [
      [embedded, draftOf(remote, 'tts')],
      [remote, { ...draftOf(embedded, 'tts') }],
    ] as const;
    for (const [from, draft] of steps) {
      const file: Record<string, Record<string, unknown>> = {
        tts: { ...from.tts },
        voice: { ...from.voice },
      };
      for (const { path, value } of changesOf(from, 'tts', draft)) {
        const [section = '', key = ''] = path;
        if (value === null) delete file[section]?.[key];
        else file[section] = { ...file[section], [key]: value };
        const { tts } = botSettings.parse(file);
        expect(tts.provider !== 'openai' || tts.base_url !== undefined).toBe(true);
      }
      expect(draftOf(botSettings.parse(file), 'tts')).toEqual(draft);
    }
  });
});

describe('errors', () => {
  const good = draftOf(remote, 'tts');
  test.each([
    [{}, {}],
    [{ baseUrl: '' }, { baseUrl: 'missing' }],
    [{ baseUrl: 'tts:8000' }, { baseUrl: 'url' }],
    [{ baseUrl: 'ftp://tts/v1' }, { baseUrl: 'url' }],
    [{ model: ' ' }, { model: 'missing' }],
    [{ apiKeyEnv: 'sk-123' }, { apiKeyEnv: 'env' }],
    [{ timeout: '0' }, { timeout: 'timeout' }],
    [{ timeout: 'soon' }, { timeout: 'timeout' }],
    [{ timeout: '2,5' }, {}],
    [{ provider: 'embedded', baseUrl: 'nonsense' }, {}],
  ] as const)('%j', (change, errors) => {
    expect(errorsIn({ ...good, ...change })).toEqual(errors);
  });
});

test('a test is asked with the draft, and its request passes the schema', () => {
  const draft = { ...draftOf(remote, 'tts'), baseUrl: 'https://other/v1', apiKeyEnv: '', timeout: '' };
  const request = testRequest('/bots/demo', remote, 'tts', draft);
  const { api_key_env: _key, timeout_ms: _timeout, ...kept } = remote.tts;
  expect(request).toEqual({
    stage: 'tts',
    bot: '/bots/demo',
    settings: { ...kept, base_url: 'https://other/v1' },
  });
  expect(ttsSettings.parse(request.settings)).toEqual(request.settings);
  const local = testRequest('/bots/demo', remote, 'stt', draftOf(remote, 'stt'));
  expect(sttSettings.parse(local.settings)).toEqual(local.settings);
});

describe('embedded models', () => {
  const model = (name: string, purpose: ModelView['purpose'], languages: string[]): ModelView => ({
    name,
    purpose,
    languages,
    licence: 'MIT',
    about: '',
    bytes: 1,
    state: 'installed',
    receivedBytes: 0,
    problem: null,
  });
  const models = [
    model('en', 'tts', ['en']),
    model('ru', 'tts', ['ru']),
    model('any', 'tts', []),
    model('q', 'llm', []),
  ];

  test('of the stage, those of the language first', () => {
    expect(embeddedModels('tts', models, 'ru-RU')).toEqual(['ru', 'any', 'en']);
    expect(embeddedModels('llm', models, 'en')).toEqual(['rules', 'q']);
  });
});
