import { SidetoneError } from '../base/errors.ts';
import { botSettings, type BotSettings } from '../contract/settings.ts';

/** What the tests of the three clients share. */

/** Settings of a bot all of whose models are at `url`. */
export function settingsAt(
  url: string,
  more: { timeout_ms?: number; api_key_env?: string } = {},
): BotSettings {
  const endpoint = { provider: 'openai', base_url: url, model: 'stub-model', ...more };
  return botSettings.parse({ stt: endpoint, llm: endpoint, tts: endpoint });
}

/** The SidetoneError that `work` fails with; anything else is thrown on. */
export async function failureOf(work: Promise<unknown>): Promise<SidetoneError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SidetoneError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

export const NEVER: AbortSignal = new AbortController().signal;
