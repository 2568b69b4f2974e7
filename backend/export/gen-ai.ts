import { z } from 'zod';
import type { LoggedMessage } from '../contract/events.ts';
import type { CallSpan } from './open-spans.ts';

/** What OpenTelemetry's conventions for generative AI have for a model and what is said to it. */

const stageSettings = z.object({ provider: z.string(), model: z.string(), base_url: z.string().optional() });
/** Of a bot's settings (contract/settings.ts), as `config.used` has them, what spans tell. */
export const usedSettings = z
  .object({ stt: stageSettings, llm: stageSettings, tts: stageSettings })
  .partial();
export type UsedSettings = z.infer<typeof usedSettings>;

export type ModelSpan = Pick<CallSpan, 'name' | 'kind' | 'attributes'>;

/** A model at work; `used` null: which one is not known. */
export function modelSpan(used: z.infer<typeof stageSettings> | null, what: string): ModelSpan {
  if (used === null) return { name: what, kind: 'internal', attributes: {} };
  const url = used.base_url !== undefined && URL.canParse(used.base_url) ? new URL(used.base_url) : null;
  const server = url && {
    'server.address': url.hostname,
    'server.port': BigInt(url.port || (url.protocol === 'https:' ? 443 : 80)),
  };
  return {
    name: `${what} ${used.model}`,
    kind: url ? 'client' : 'internal',
    attributes: {
      'gen_ai.provider.name': used.provider === 'openai' ? 'openai' : `sidetone.${used.provider}`,
      'gen_ai.request.model': used.model,
      ...server,
    },
  };
}

/** As gen_ai.input.messages and gen_ai.output.messages have it. */
export function asMessage({ role, content, tool_calls, tool_call_id }: LoggedMessage): unknown {
  const parts: unknown[] = [];
  if (tool_call_id !== undefined)
    parts.push({ type: 'tool_call_response', id: tool_call_id, response: content });
  else if (content !== '') parts.push({ type: 'text', content });
  for (const { id, name, arguments: given } of tool_calls ?? [])
    parts.push({ type: 'tool_call', id, name, arguments: given });
  return { role, parts };
}
