import type { BotSettings, SttSettings } from '../../backend/contract/settings.ts';
import type { ModelView, Request } from '../../backend/contract/window.ts';
import type { BotChange } from '../state/bot.ts';
import { parseHttpUrl } from './typed.ts';

/** A stage of a bot as a person edits it: texts as they are typed, checked, made into changes of bot.yaml. */

export type Stage = 'stt' | 'llm' | 'tts';
export type Provider = SttSettings['provider'];

export interface EndpointDraft {
  readonly provider: Provider;
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKeyEnv: string;
  /** Seconds. */
  readonly timeout: string;
  /** Of the speech API; tts only. */
  readonly voice: string;
}

export type EndpointErrors = Partial<Record<keyof EndpointDraft, 'missing' | 'url' | 'env' | 'timeout'>>;

const TIMEOUT_S = { least: 0.1, most: 120 } as const;

export function draftOf(settings: BotSettings, stage: Stage): EndpointDraft {
  const { provider, base_url, model, api_key_env, timeout_ms } = settings[stage];
  return {
    provider,
    baseUrl: base_url ?? '',
    model,
    apiKeyEnv: api_key_env ?? '',
    timeout: timeout_ms === undefined ? '' : String(timeout_ms / 1000),
    voice: stage === 'tts' ? (settings.voice.name ?? '') : '',
  };
}

/** The draft after another provider was chosen: with a model that it may have. */
export function withProvider(
  draft: EndpointDraft,
  provider: Provider,
  saved: EndpointDraft,
  models: readonly string[],
): EndpointDraft {
  if (provider === draft.provider) return draft;
  const model = provider === saved.provider ? saved.model : provider === 'embedded' ? (models[0] ?? '') : '';
  return { ...draft, provider, model };
}

/** Embedded models that a stage may use, those for the language first. `rules` is no model of the list. */
export function embeddedModels(stage: Stage, models: readonly ModelView[], language: string): string[] {
  const speaks = ({ languages }: ModelView): boolean =>
    languages.length === 0 || languages.includes(language.slice(0, 2));
  const fitting = models.filter(({ purpose }) => purpose === stage);
  const sorted = [...fitting.filter(speaks), ...fitting.filter((model) => !speaks(model))].map(
    ({ name }) => name,
  );
  return stage === 'llm' ? ['rules', ...sorted] : sorted;
}

export function errorsIn({ provider, baseUrl, model, apiKeyEnv, timeout }: EndpointDraft): EndpointErrors {
  const errors: EndpointErrors = {};
  if (model.trim() === '') errors.model = 'missing';
  if (timeout.trim() !== '' && milliseconds(timeout) === null) errors.timeout = 'timeout';
  if (provider !== 'openai') return errors;
  if (baseUrl.trim() === '') errors.baseUrl = 'missing';
  else if (parseHttpUrl(baseUrl) === null) errors.baseUrl = 'url';
  if (apiKeyEnv.trim() !== '' && !/^[A-Z][A-Z0-9_]{0,63}$/.test(apiKeyEnv.trim())) errors.apiKeyEnv = 'env';
  return errors;
}

/**
 * What to write, in an order that leaves a usable file at every step: what an endpoint needs, then who answers, then
 * what is needed no longer. Of a draft without errors.
 */
export function changesOf(settings: BotSettings, stage: Stage, draft: EndpointDraft): BotChange[] {
  const now = settings[stage];
  const wanted = keysOf(draft);
  const changes: BotChange[] = [];
  const change = (path: string[], before: BotChange['value'], value: BotChange['value']): void => {
    if (before !== value) changes.push({ path, value });
  };
  change([stage, 'base_url'], now.base_url ?? null, wanted.base_url);
  change([stage, 'api_key_env'], now.api_key_env ?? null, wanted.api_key_env);
  change([stage, 'timeout_ms'], now.timeout_ms ?? null, wanted.timeout_ms);
  if (stage === 'tts') change(['voice', 'name'], settings.voice.name, draft.voice.trim() || null);
  change([stage, 'model'], now.model, wanted.model);
  change([stage, 'provider'], now.provider, draft.provider);
  return [...changes.filter(({ value }) => value !== null), ...changes.filter(({ value }) => value === null)];
}

/** What a Test is asked with: the draft, saved or not. */
export function testRequest(
  bot: string,
  settings: BotSettings,
  stage: Stage,
  draft: EndpointDraft,
): Request<'endpoint.test'> {
  const { base_url, api_key_env, timeout_ms, model } = keysOf(draft);
  const changed = {
    provider: draft.provider,
    model,
    base_url: base_url ?? undefined,
    api_key_env: api_key_env ?? undefined,
    timeout_ms: timeout_ms ?? undefined,
  };
  switch (stage) {
    case 'stt':
      return { stage, bot, settings: { ...settings.stt, ...changed } };
    case 'llm':
      return { stage, bot, settings: { ...settings.llm, ...changed } };
    case 'tts':
      return { stage, bot, settings: { ...settings.tts, ...changed } };
  }
}

/** null: the key is not to be there. */
function keysOf({ provider, baseUrl, model, apiKeyEnv, timeout }: EndpointDraft) {
  const remote = provider === 'openai';
  return {
    base_url: remote ? baseUrl.trim().replace(/\/+$/, '') || null : null,
    api_key_env: remote ? apiKeyEnv.trim() || null : null,
    timeout_ms: milliseconds(timeout),
    model: model.trim(),
  };
}

/** null: not there, or not within bounds. */
function milliseconds(seconds: string): number | null {
  const value = Number(seconds.trim().replace(',', '.'));
  if (seconds.trim() === '' || !(value >= TIMEOUT_S.least && value <= TIMEOUT_S.most)) return null;
  return Math.round(value * 1000);
}
