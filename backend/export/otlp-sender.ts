import { epochMs } from '../base/clock.ts';
import { SidetoneError, explain } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import { CallSpans } from './call-spans.ts';
import { otlpRequest, otlpSpan } from './otlp.ts';

const SEND_EVERY_MS = 3000;
const MAX_WAITING = 4096;
const MAX_BATCH = 512;
const PATIENCE_MS = 10_000;
/** For all that is left when the program ends, which must not hang for that. */
const LAST_PATIENCE_MS = 2000;
/** Of the OTLP specification, "Retryable Response Codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface OtlpSenderOptions {
  /** Its close() sends what is left, and ends the sender. */
  readonly scope: Scope;
  /** Whole address that spans are posted to: `http://localhost:4318/v1/traces`. */
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Also what was said and asked, word for word; otherwise it stays here. */
  readonly content?: boolean;
  /** Of this program. */
  readonly version?: string;
  /** For a person; once for each time that the endpoint goes away. */
  readonly onTrouble: (message: string) => void;
}

/**
 * Sends spans of calls going on to an OTLP/HTTP endpoint (JSON), as they end. Never throws into who gives it events:
 * while the endpoint is away a bounded number of spans waits, the rest is dropped and counted.
 */
export class OtlpSender {
  readonly #options: OtlpSenderOptions;
  readonly #calls = new Map<string, { readonly spans: CallSpans; readonly startedMs: number }>();
  #waiting: object[] = [];
  #sending: Promise<void> | null = null;
  #away = false;
  readonly #gaveUp = new AbortController();
  #dropped = 0;
  #sent = 0;

  constructor(options: OtlpSenderOptions) {
    this.#options = options;
    options.scope.every(SEND_EVERY_MS, () => void this.send());
    options.scope.defer(() => this.#sendLast());
  }

  /** Spans that nobody will ever see. */
  get dropped(): number {
    return this.#dropped;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Events of any calls; those of a call that had begun before are passed over. */
  take(event: CallEvent): void {
    if (event.type === 'call.started') {
      const spans = new CallSpans({ content: this.#options.content ?? false });
      this.#calls.set(event.call, { spans, startedMs: epochMs() - event.at / 1000 });
    }
    const call = this.#calls.get(event.call);
    if (!call) return;
    for (const span of call.spans.apply(event)) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(otlpSpan(event.call, call.startedMs, span));
      else this.#dropped += 1;
    }
    if (event.type === 'call.ended') this.#calls.delete(event.call);
  }

  /** Sends what waits; resolves when it has gone, or could not. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      const outcome = await this.#post(batch);
      if (outcome === 'later') return;
      this.#waiting = this.#waiting.slice(batch.length);
      if (outcome === 'refused') this.#dropped += batch.length;
      else this.#sent += batch.length;
    }
  }

  async #post(batch: readonly object[]): Promise<'taken' | 'refused' | 'later'> {
    const { endpoint, headers, version } = this.#options;
    try {
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: otlpRequest(batch, version === undefined ? {} : { 'service.version': version }),
        signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), this.#gaveUp.signal]),
      });
      // A body that nobody reads would keep its connection.
      await answer.arrayBuffer();
      if (answer.ok) {
        this.#away = false;
        return 'taken';
      }
      this.#trouble(`it answered ${answer.status}`);
      return RETRYABLE.has(answer.status) ? 'later' : 'refused';
    } catch (error) {
      this.#trouble(error instanceof Error && error.cause ? explain(error.cause) : explain(error));
      return 'later';
    }
  }

  #trouble(why: string): void {
    if (this.#away) return;
    this.#away = true;
    this.#options.onTrouble(
      `spans cannot be sent to ${this.#options.endpoint}: ${why}; up to ${MAX_WAITING} wait, more are dropped`,
    );
  }

  async #sendLast(): Promise<void> {
    AbortSignal.timeout(LAST_PATIENCE_MS).addEventListener('abort', () => this.#gaveUp.abort());
    await this.#sending;
    await this.send();
    this.#dropped += this.#waiting.length;
  }
}

/**
 * Where to send to, by the OpenTelemetry specification's variables ("OpenTelemetry Protocol Exporter"); null: nowhere.
 * `endpoint`: given otherwise, goes before OTEL_EXPORTER_OTLP_ENDPOINT; `/v1/traces` is added to either.
 *
 * @throws SidetoneError 'usage' when it is no URL.
 */
export function otlpTarget(
  endpoint: string | null,
  env: Readonly<Record<string, string | undefined>>,
): Pick<OtlpSenderOptions, 'endpoint' | 'headers' | 'content'> | null {
  const whole = endpoint === null ? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] : undefined;
  const base = endpoint ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const url = whole || (base && `${base.replace(/\/+$/, '')}/v1/traces`);
  if (!url) return null;
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new SidetoneError('usage', `'${url}' is no address for OpenTelemetry spans`, {
      hint: 'for example http://localhost:4318',
    });
  }
  return {
    endpoint: url,
    headers: {
      ...headersOf(env['OTEL_EXPORTER_OTLP_HEADERS']),
      ...headersOf(env['OTEL_EXPORTER_OTLP_TRACES_HEADERS']),
    },
    content: env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']?.toLowerCase() === 'true',
  };
}

/** `name=value,name=value`, values percent-encoded. */
function headersOf(text = ''): Record<string, string> {
  const pairs = text.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, Math.max(0, at)).trim(), decoded(pair.slice(at + 1).trim())];
  });
  return Object.fromEntries(pairs.filter(([name]) => name !== ''));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
