import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Scope } from '../base/scope.ts';
import type { BotFolder } from '../contract/host.ts';
import type { LlmSettings, SttSettings, TtsSettings } from '../contract/settings.ts';
import type { InferenceClient } from '../providers/embedded/client.ts';
import { OpenAiLlm } from '../providers/llm/openai.ts';
import { RuleResponder } from '../providers/llm/rules.ts';
import { ScriptedLlm, ScriptedStt, ScriptedTts, scopeSleep, type Sleep } from '../providers/scripted.ts';
import { OpenAiStt } from '../providers/stt/openai.ts';
import { OpenAiTts } from '../providers/tts/openai.ts';
import type { Llm, OnRetry, ProviderFactory, Stt, Tts } from '../providers/types.ts';

type Keys = BotFolder['keys'];

const COMPLETENESS_MODEL = 'smart-turn-v3';
/** Says an apology in the language where the bot's own voice cannot; the last speaks any language, if not well. */
const FALLBACK_VOICES: Readonly<Record<string, string>> = { en: 'piper-joe-en' };
const ANY_LANGUAGE_VOICE = 'espeak-ng';

/** Providers by bot.yaml: endpoints, embedded models by way of the inference worker, or scripted ones. */
export function providerFactory(
  inference: InferenceClient,
  modelsDir: string,
  scope: Scope,
): ProviderFactory {
  const installed = (model: string): boolean => existsSync(path.join(modelsDir, model));
  const sleep = scopeSleep(scope);
  return ({ settings, keys }, onRetry) => ({
    stt: makeStt(settings.stt, keys, inference, sleep, onRetry),
    llm: makeLlm(settings.llm, keys, inference, sleep, onRetry),
    tts: makeTts(settings.tts, keys, inference, sleep, onRetry),
    fallbackTts:
      settings.tts.provider === 'openai' ? fallbackVoice(settings.language, inference, installed) : null,
    completeness:
      settings.turn.completeness === 'auto' && installed(COMPLETENESS_MODEL)
        ? inference.completeness()
        : null,
  });
}

function makeStt(
  settings: SttSettings,
  keys: Keys,
  inference: InferenceClient,
  sleep: Sleep,
  onRetry: OnRetry,
): Stt {
  switch (settings.provider) {
    case 'openai':
      return new OpenAiStt(settings, {
        env: keys,
        onRetry: (error) => onRetry('stt', settings.model, error),
      });
    case 'embedded':
      return inference.stt(settings.model);
    case 'scripted':
      return new ScriptedStt(sleep);
  }
}

function makeLlm(
  settings: LlmSettings,
  keys: Keys,
  inference: InferenceClient,
  sleep: Sleep,
  onRetry: OnRetry,
): Llm {
  switch (settings.provider) {
    case 'openai':
      return new OpenAiLlm(settings, {
        env: keys,
        onRetry: (error) => onRetry('llm', settings.model, error),
      });
    case 'embedded':
      return settings.model === 'rules' ? new RuleResponder() : inference.llm(settings.model);
    case 'scripted':
      return new ScriptedLlm(sleep);
  }
}

function makeTts(
  settings: TtsSettings,
  keys: Keys,
  inference: InferenceClient,
  sleep: Sleep,
  onRetry: OnRetry,
): Tts {
  switch (settings.provider) {
    case 'openai':
      return new OpenAiTts(settings, {
        env: keys,
        onRetry: (error) => onRetry('tts', settings.model, error),
      });
    case 'embedded':
      return inference.tts(settings.model);
    case 'scripted':
      return new ScriptedTts(sleep);
  }
}

function fallbackVoice(
  language: string,
  inference: InferenceClient,
  installed: (model: string) => boolean,
): Tts | null {
  const own = FALLBACK_VOICES[language.slice(0, 2)];
  if (own !== undefined && installed(own)) return inference.tts(own);
  return installed(ANY_LANGUAGE_VOICE) ? inference.tts(ANY_LANGUAGE_VOICE) : null;
}
