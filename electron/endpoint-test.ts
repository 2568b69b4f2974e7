import type { z } from 'zod';
import { encodeWav, readWav } from '../backend/audio/wav.ts';
import { explain, SidetoneError } from '../backend/base/errors.ts';
import { Scope } from '../backend/base/scope.ts';
import { systemPrompt } from '../backend/bot/context.ts';
import { phrasesFor } from '../backend/bot/phrases.ts';
import type { BotFolder } from '../backend/contract/host.ts';
import { botSettings, type BotSettings } from '../backend/contract/settings.ts';
import type { EndpointReport, requests } from '../backend/contract/window.ts';
import { providerFactory } from '../backend/host/provider-factory.ts';
import type { InferenceClient } from '../backend/providers/embedded/client.ts';
import type { PcmChunk, Providers, Voice } from '../backend/providers/types.ts';

export type EndpointTest = z.output<(typeof requests)['endpoint.test']>;

export interface EndpointTestMeans {
  /** The bot that the test is made for: its language, prompt and voice, as calls use them. */
  readonly folder: BotFolder;
  /** WAV bytes of somebody who speaks English: what a recogniser is given. */
  readonly speech: Uint8Array;
  /** The way to the embedded models. */
  readonly inference: InferenceClient;
  readonly modelsDir: string;
  /** Where API keys come from, by the variable's name. */
  readonly keys: BotFolder['keys'];
}

/** A person waits no longer for a sign of life, whatever timeout_ms allows a call; nor for the whole. */
const FIRST_LIMIT_MS = 10_000;
const WHOLE_LIMIT_MS = 30_000;

const QUESTION = 'Say hello in one short sentence.';

/**
 * Asks one stage for a little of what a call would ask it for, by way of the same providers, and tells what came of
 * it. Never throws: what went wrong is in the report.
 */
export async function testEndpoint(request: EndpointTest, means: EndpointTestMeans): Promise<EndpointReport> {
  await using trial = new Trial(whatAnswers(request));
  try {
    return await ask(request, means, trial);
  } catch (error) {
    return trial.report(false, explain(trial.givenUp ?? error));
  }
}

async function ask(request: EndpointTest, means: EndpointTestMeans, trial: Trial): Promise<EndpointReport> {
  const providers = providersFor(
    { ...withoutEndpoints(means), [request.stage]: request.settings },
    means,
    trial,
  );
  switch (request.stage) {
    case 'stt':
      return hear(providers, request.settings.prompt ?? null, means, trial);
    case 'llm':
      return think(providers, { ...means.folder.settings, llm: request.settings }, means, trial);
    case 'tts':
      return speak(providers, means, trial);
  }
}

async function hear(
  { stt }: Providers,
  prompt: string | null,
  { speech }: EndpointTestMeans,
  trial: Trial,
): Promise<EndpointReport> {
  trial.begin();
  const text = await stt.transcribe({
    ...readWav(speech),
    language: 'en',
    prompt,
    signal: trial.signal,
    onPartial: () => trial.answered(),
  });
  trial.answered();
  if (text === '') return trial.report(false, `${trial.what} answered, but heard no words in English speech`);
  return trial.report(true, `${trial.what} answered`, { text });
}

async function think(
  { llm }: Providers,
  settings: BotSettings,
  { folder }: EndpointTestMeans,
  trial: Trial,
): Promise<EndpointReport> {
  trial.begin();
  let text = '';
  const deltas = llm.complete({
    messages: [
      { role: 'system', content: systemPrompt(settings, folder.prompt) },
      { role: 'user', content: QUESTION },
    ],
    tools: [],
    temperature: settings.llm.temperature,
    maxTokens: settings.llm.max_tokens,
    signal: trial.signal,
  });
  for await (const delta of deltas) {
    if (delta.type !== 'text') continue;
    trial.answered();
    text += delta.text;
  }
  if (text.trim() === '') return trial.report(false, `${trial.what} answered without a word`);
  return trial.report(true, `${trial.what} answered`, { text: text.trim() });
}

async function speak({ tts }: Providers, means: EndpointTestMeans, trial: Trial): Promise<EndpointReport> {
  const { settings } = means.folder;
  const voice = await voiceOf(means, trial);
  const text = phrasesFor(settings).repeat;
  trial.begin();
  const chunks: PcmChunk[] = [];
  for await (const chunk of tts.speak({ text, language: settings.language, voice, signal: trial.signal })) {
    trial.answered();
    chunks.push(chunk);
  }
  const [first] = chunks;
  if (!first) return trial.report(false, `${trial.what} answered without audio`);
  return trial.report(true, `${trial.what} answered`, { text, wav: wavOf(chunks, first.sampleRate) });
}

/** The bot's voice. The words of a recording to clone are found out as a call does it: by the bot's own STT. */
async function voiceOf(means: EndpointTestMeans, trial: Trial): Promise<Voice> {
  const { settings, referenceWav: wav } = means.folder;
  const { name, speed, ref_text } = settings.voice;
  if (!wav) return { name, speed, reference: null };
  if (ref_text !== null) return { name, speed, reference: { wav, text: ref_text } };
  const { stt } = providersFor({ ...withoutEndpoints(means), stt: settings.stt }, means, trial);
  trial.begin();
  const { language } = settings;
  try {
    const text = await stt.transcribe({ ...readWav(wav), language, prompt: null, signal: trial.signal });
    return { name, speed, reference: { wav, text } };
  } catch (cause) {
    const message = `the words of voice.ref_audio could not be found out: ${explain(cause)}`;
    throw new SidetoneError('environment', message, { hint: 'write them as voice.ref_text', cause });
  }
}

/** The bot's settings without its endpoints: one that is not tested must not be able to fail the test. */
function withoutEndpoints({ folder }: EndpointTestMeans): BotSettings {
  const { stt, llm, tts } = botSettings.parse({});
  return { ...folder.settings, stt, llm, tts };
}

function providersFor(
  settings: BotSettings,
  { inference, modelsDir, keys }: EndpointTestMeans,
  trial: Trial,
): Providers {
  return providerFactory(inference, modelsDir, trial.scope)({ settings, keys }, () => undefined);
}

function whatAnswers({ settings: { provider, model, base_url } }: EndpointTest): string {
  return provider === 'openai' && base_url !== undefined ? `${model} at ${base_url}` : model;
}

function wavOf(chunks: readonly PcmChunk[], sampleRate: number): Uint8Array {
  const pcm = new Int16Array(chunks.reduce((length, chunk) => length + chunk.pcm.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    pcm.set(chunk.pcm, at);
    at += chunk.pcm.length;
  }
  return encodeWav(pcm, sampleRate);
}

/** One test's clock and patience. */
class Trial implements AsyncDisposable {
  readonly what: string;
  readonly scope = new Scope();
  #beganAt = performance.now();
  #firstMs: number | null = null;
  #givenUp: SidetoneError | null = null;
  #disarm: () => void = () => undefined;

  constructor(what: string) {
    this.what = what;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  /** Why it was stopped by ourselves; null: it was not. */
  get givenUp(): SidetoneError | null {
    return this.#givenUp;
  }

  /** The request is sent now. */
  begin(): void {
    this.#beganAt = performance.now();
    this.#patience(FIRST_LIMIT_MS, 'has not answered');
  }

  /** Something useful has come. */
  answered(): void {
    if (this.#firstMs !== null) return;
    this.#firstMs = performance.now() - this.#beganAt;
    this.#patience(WHOLE_LIMIT_MS, 'has not come to an end');
  }

  report(
    ok: boolean,
    message: string,
    { text, wav }: { text?: string; wav?: Uint8Array } = {},
  ): EndpointReport {
    const tookMs = performance.now() - this.#beganAt;
    return { ok, message, firstMs: this.#firstMs, tookMs, text: text ?? null, wav: wav ?? null };
  }

  #patience(ms: number, what: string): void {
    this.#disarm();
    this.#disarm = this.scope.after(ms, () => {
      const message = `${this.what} ${what} within ${ms / 1000} s, and a test waits no longer`;
      this.#givenUp = new SidetoneError('timeout', message, { hint: 'see how busy that server is' });
      void this.scope.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.scope.close();
  }
}
