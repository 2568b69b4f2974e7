import { z } from 'zod';
import { Deadline } from '../providers/deadline.ts';
import { bodyText, excerpt } from '../providers/http-body.ts';
import { Endpoint, probeEndpoint, type EndpointSettings, type Stage } from '../providers/openai-client.ts';
import type { Environment } from '../bot/folder.ts';
import type { BotSettings } from '../contract/settings.ts';

/** How one OpenAI-shaped endpoint of a bot stands. */
export interface EndpointState {
  readonly stage: Stage;
  readonly url: string;
  readonly ok: boolean;
  readonly tookMs: number;
  /** What it is, or what is wrong with it and what to do. */
  readonly message: string;
  /** How far its machine's clock is ahead of this one's; null: it does not say. */
  readonly clockAheadMs: number | null;
}

const READY_MS = 3000;
const MAX_BODY_BYTES = 1 << 16;
const SERVICE_UNAVAILABLE = 503;

/** As gpu-stack's services word it, after OpenAI's API. */
const apiError = z.object({ error: z.object({ message: z.string() }) });
/** As vLLM-Omni's speech API has it. */
const voiceList = z.object({ voices: z.array(z.string()) });

/** The stages of a bot that need an endpoint, with its settings. */
export function endpointsOf(
  settings: BotSettings,
): readonly { readonly stage: Stage; readonly chosen: EndpointSettings }[] {
  return (['llm', 'stt', 'tts'] as const).flatMap((stage) => {
    const chosen = settings[stage];
    return chosen.provider === 'openai' ? [{ stage, chosen }] : [];
  });
}

/** Asks an endpoint for its models and, where its server has such a page, whether it is ready. Never throws. */
export async function askEndpoint(
  stage: Stage,
  chosen: EndpointSettings,
  env: Environment,
): Promise<EndpointState> {
  const url = chosen.base_url ?? '';
  const [probe, ready] = await Promise.all([probeEndpoint(stage, chosen, { env }), askReady(url)]);
  return {
    stage,
    url,
    ok: probe.ok && ready.reason === null,
    tookMs: probe.took_ms,
    message:
      ready.reason === null
        ? probe.message
        : `${stage.toUpperCase()} at ${url} is not ready: ${ready.reason}`,
    clockAheadMs: ready.clockAheadMs,
  };
}

/** Names of the voices that a server speaks in; null: it keeps no list of them. Never throws. */
export async function voicesOf(
  chosen: EndpointSettings,
  env: Environment,
): Promise<readonly string[] | null> {
  try {
    const { client } = new Endpoint('tts', chosen, { env });
    const answer: unknown = await client.get('/audio/voices', { timeout: READY_MS });
    return voiceList.parse(answer).voices;
  } catch {
    return null;
  }
}

/** What `GET /ready` beside /v1 says. Servers without it answer whatever they like: only 503 means something. */
async function askReady(baseUrl: string): Promise<{ reason: string | null; clockAheadMs: number | null }> {
  await using deadline = new Deadline({ first: READY_MS, between: READY_MS, total: READY_MS });
  try {
    const asked = Date.now();
    const page = `${baseUrl.replace(/\/(?:v1\/?)?$/, '')}/ready`;
    const answer = await deadline.wait(fetch(page, { signal: deadline.signal, redirect: 'manual' }));
    const clockAheadMs = clockAhead(answer.headers.get('date'), (asked + Date.now()) / 2);
    const body = await bodyText(answer, deadline, MAX_BODY_BYTES);
    return { reason: answer.status === SERVICE_UNAVAILABLE ? reasonIn(body) : null, clockAheadMs };
  } catch {
    // Whether it answers at all, the list of its models says better.
    return { reason: null, clockAheadMs: null };
  }
}

function reasonIn(body: string): string {
  try {
    return apiError.parse(JSON.parse(body)).error.message;
  } catch {
    return excerpt(body) || 'it does not say why';
  }
}

/** `date`: of an HTTP answer, whole seconds that have begun. */
function clockAhead(date: string | null, now: number): number | null {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? null : theirs + 500 - now;
}
