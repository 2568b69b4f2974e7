import { NotFoundError, OpenAI } from 'openai';
import { z } from 'zod';
import { explain, SidetoneError } from '../base/errors.ts';
import { isBlockedPort } from './blocked-ports.ts';
import { Deadline, type Limits } from './deadline.ts';
import { bodyExcerpt, bodyText, excerpt } from './http-body.ts';
import { describe, endpointFailure, garbled, type EndpointName } from './openai-errors.ts';

/** The keys of bot.yaml that every endpoint has. */
export interface EndpointSettings {
  readonly base_url?: string | undefined;
  readonly api_key_env?: string | undefined;
  readonly timeout_ms?: number | undefined;
  readonly model: string;
}

export interface EndpointOptions {
  /** Where the API keys are looked up; the environment of the process unless a test says otherwise. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called when an attempt failed and is repeated at once. */
  readonly onRetry?: (error: SidetoneError) => void;
}

export type Stage = 'stt' | 'llm' | 'tts';

const FIRST_MS = { stt: 8000, llm: 6000, tts: 6000 } as const;
const BETWEEN_MS = 3000;
const TOTAL_MS = 60_000;
/** A server that is overloaded or restarts gets this long; a connection it had closed is replaced at once. */
const PAUSE_BEFORE_RETRY_MS = 200;
/** Node's fetch drops a connection that was idle for 4 s. */
const WARM_FOR_MS = 3000;
const LIST_MODELS_MS = 500;
const PROBE_MS = 5000;
const MAX_JSON_BYTES = 1 << 20;

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** One OpenAI-shaped endpoint: its client, its time limits, and what its failures mean. */
export class Endpoint {
  readonly client: OpenAI;
  readonly name: EndpointName;
  readonly #limits: Limits;
  readonly #onRetry: (error: SidetoneError) => void;
  #usedAt = -Infinity;
  #warming: Promise<void> | null = null;

  /** @throws SidetoneError usage: no base_url, or the variable that should hold the key is not set */
  constructor(
    stage: Stage,
    settings: EndpointSettings,
    { env = process.env, onRetry }: EndpointOptions = {},
  ) {
    const {
      base_url: url,
      api_key_env: apiKeyEnv = null,
      model,
      timeout_ms: first = FIRST_MS[stage],
    } = settings;
    if (url === undefined) {
      throw new SidetoneError('usage', `${stage}.provider is openai, but ${stage}.base_url is missing`, {
        hint: `give ${stage}.base_url in bot.yaml, up to and including /v1`,
      });
    }
    // Left to fetch, an upload to such a port ends in a rejection that nobody can catch.
    if (isBlockedPort(url)) {
      throw new SidetoneError('usage', `${stage}.base_url: no HTTP client may talk to the port of ${url}`, {
        hint: 'it belongs to another protocol; let the server listen on another one, as 8000',
      });
    }
    const apiKey = apiKeyEnv === null ? null : env[apiKeyEnv];
    if (apiKey === undefined || apiKey === '') {
      throw new SidetoneError('usage', `${stage}.api_key_env names ${apiKeyEnv}, which is not set`, {
        hint: `set the environment variable ${apiKeyEnv} to the API key of ${url}`,
      });
    }
    this.name = { stage, url, model, apiKeyEnv };
    this.#limits = { first, between: Math.min(BETWEEN_MS, first), total: Math.max(TOTAL_MS, first) };
    this.#onRetry = onRetry ?? (() => undefined);
    // Everything the SDK would otherwise take from OPENAI_* variables is given: a key of theirs must not
    // travel to somebody else's server.
    this.client = new OpenAI({
      baseURL: url,
      apiKey: apiKey ?? 'none',
      defaultHeaders: apiKey === null ? { Authorization: null } : {},
      organization: null,
      project: null,
      adminAPIKey: null,
      webhookSecret: null,
      maxRetries: 0,
      logLevel: 'off',
    });
  }

  get model(): string {
    return this.name.model ?? '';
  }

  /**
   * Yields what `attempt` yields. An attempt that fails before it has yielded anything is repeated once, within
   * the same time limits, if it may then succeed.
   * @throws SidetoneError
   */
  async *exchange<T>(
    cancel: AbortSignal,
    attempt: (deadline: Deadline) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    await using deadline = new Deadline(this.#limits, cancel);
    let handedOn = false;
    for (let attempts = 1; ; attempts += 1) {
      try {
        for await (const item of attempt(deadline)) {
          // What had been read already when the consumer cancelled is not handed on either.
          cancel.throwIfAborted();
          handedOn = true;
          yield item;
        }
        return;
      } catch (thrown) {
        const error = await this.#failure(thrown, deadline);
        if (attempts > 1 || handedOn || !error.retryable) throw error;
        this.#onRetry(error);
        try {
          if (error.kind === 'refused') await deadline.pause(PAUSE_BEFORE_RETRY_MS);
        } catch (stopped) {
          throw await this.#failure(stopped, deadline);
        }
      } finally {
        this.#usedAt = performance.now();
      }
    }
  }

  /** An answer of the given media type. @throws SidetoneError garbled, with the beginning of what came instead */
  async expectType(response: Response, types: RegExp, deadline: Deadline): Promise<void> {
    const type = response.headers.get('content-type') ?? '';
    if (types.test(type)) return;
    const came = await bodyExcerpt(response, deadline);
    throw this.garbled(`sent ${type || 'an unnamed type'} (${came ? `"${came}"` : 'empty'})`);
  }

  /** JSON of the given shape. @throws SidetoneError garbled, with the beginning of what came instead */
  async json<T>(response: Response, shape: z.ZodType<T>, deadline: Deadline): Promise<T> {
    return this.parse(await bodyText(response, deadline, MAX_JSON_BYTES), shape);
  }

  parse<T>(text: string, shape: z.ZodType<T>): T {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.garbled(`sent no JSON: "${excerpt(text)}"`);
    }
    const parsed = shape.safeParse(value);
    if (!parsed.success) throw this.garbled(`sent JSON of another shape: "${excerpt(text)}"`);
    return parsed.data;
  }

  garbled(what: string, hint?: string): SidetoneError {
    return garbled(this.name, what, hint);
  }

  /**
   * Opens the connection that the next request would otherwise wait for, or keeps an idle one open. Costs nothing
   * while a connection is fresh, so it may be called again and again while the caller speaks. Never throws.
   */
  warm(): Promise<void> {
    if (performance.now() - this.#usedAt < WARM_FOR_MS) return Promise.resolve();
    this.#warming ??= this.#openConnection();
    return this.#warming;
  }

  async #openConnection(): Promise<void> {
    try {
      await this.#listModels(PROBE_MS);
    } catch {
      // What is wrong with the endpoint, the request that needs it will say.
    } finally {
      this.#usedAt = performance.now();
      this.#warming = null;
    }
  }

  /** Whether the endpoint answers, knows the key and has the model. Never throws. */
  async probe(): Promise<Probe> {
    const startedAt = performance.now();
    const result = (ok: boolean, message: string) => ({
      ok,
      took_ms: performance.now() - startedAt,
      message,
    });
    try {
      const models = await this.#listModels(PROBE_MS);
      if (models.includes(this.model)) return result(true, `${describe(this.name)} is there`);
      return result(false, `${describe(this.name)}: the model is not in its list (it has ${list(models)})`);
    } catch (error) {
      if (error instanceof SidetoneError && error.cause instanceof NotFoundError) {
        return result(true, `${describe(this.name)} answers, but does not list its models`);
      }
      return result(false, explain(error));
    }
  }

  async #listModels(withinMs: number, cancel?: AbortSignal): Promise<string[]> {
    await using deadline = new Deadline({ first: withinMs, between: withinMs, total: withinMs }, cancel);
    try {
      const response = await deadline.wait(
        this.client.get('/models', { signal: deadline.signal }).asResponse(),
      );
      return (await this.json(response, modelList, deadline)).data.map((model) => model.id);
    } catch (error) {
      throw this.#verdict(deadline, withinMs) ?? endpointFailure(this.name, error);
    }
  }

  async #modelsIfListed(cancel: AbortSignal): Promise<string[]> {
    try {
      return await this.#listModels(LIST_MODELS_MS, cancel);
    } catch {
      return [];
    }
  }

  async #failure(error: unknown, deadline: Deadline): Promise<SidetoneError> {
    const verdict = this.#verdict(deadline, this.#limits.first);
    if (verdict) return verdict;
    if (error instanceof NotFoundError) {
      const models = await this.#modelsIfListed(deadline.signal);
      if (models.length > 0 && !models.includes(this.model)) {
        return new SidetoneError('refused', `${describe(this.name)} does not have this model`, {
          hint: `set ${this.name.stage}.model in bot.yaml to one it has: ${list(models)}`,
          cause: error,
        });
      }
    }
    return endpointFailure(this.name, error);
  }

  /** What the end of our own patience means; null when it was not the reason. */
  #verdict(deadline: Deadline, firstMs: number): SidetoneError | null {
    if (deadline.verdict === null) return null;
    const where = describe(this.name);
    if (deadline.verdict === 'cancelled') return new SidetoneError('cancelled', `${where}: cancelled`);
    return new SidetoneError(
      'timeout',
      deadline.progressed
        ? `${where} stopped midway in its answer`
        : `${where} did not answer within ${firstMs} ms`,
      { hint: `see how busy that server is, or raise ${this.name.stage}.timeout_ms in bot.yaml` },
    );
  }
}

export interface Probe {
  readonly ok: boolean;
  readonly took_ms: number;
  readonly message: string;
}

/** Asks an endpoint for its models: is it there, how fast, does it accept the key, has it the model. Never throws. */
export async function probeEndpoint(
  stage: Stage,
  settings: EndpointSettings,
  options: EndpointOptions = {},
): Promise<Probe> {
  try {
    return await new Endpoint(stage, settings, options).probe();
  } catch (error) {
    return { ok: false, took_ms: 0, message: explain(error) };
  }
}

function list(models: readonly string[]): string {
  if (models.length === 0) return 'none';
  return models.length > 5
    ? `${models.slice(0, 5).join(', ')} and ${models.length - 5} more`
    : models.join(', ');
}
