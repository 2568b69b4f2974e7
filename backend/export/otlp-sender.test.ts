import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Scope } from '../base/scope.ts';
import { DEMO } from './fixtures/trace.ts';
import { OtlpSender, otlpTarget } from './otlp-sender.ts';
import { spanId, traceId } from './otlp.ts';
import { spansOf } from './call-spans.ts';

const sent = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({ traceId: z.string(), spanId: z.string(), startTimeUnixNano: z.string() }),
          ),
        }),
      ),
    }),
  ),
});
type SentSpan = z.infer<typeof sent>['resourceSpans'][0]['scopeSpans'][0]['spans'][0];

/** A collector as far as it is needed: takes spans, or answers what it is told to. */
class Collector {
  status = 200;
  readonly spans: SentSpan[] = [];
  readonly requests: {
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly spans: number;
  }[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (part: string) => (text += part));
      request.on('end', () => {
        const spans = sent
          .parse(JSON.parse(text))
          .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
        this.requests.push({ url: request.url ?? '', headers: request.headers, spans: spans.length });
        if (this.status === 200) this.spans.push(...spans);
        response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}

let scope = new Scope();
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

async function connected(collector: Collector, troubles: string[] = []): Promise<OtlpSender> {
  const base = await collector.start();
  scope.defer(() => collector.stop());
  return new OtlpSender({
    scope: scope.child(),
    endpoint: `${base}/v1/traces`,
    headers: { authorization: 'Bearer abc' },
    onTrouble: (message) => troubles.push(message),
  });
}

describe('OtlpSender', () => {
  it('posts the spans of a call as they end, by the same ids as the export', async () => {
    const collector = new Collector();
    const sender = await connected(collector);
    const half = Math.floor(DEMO.length / 2);
    for (const event of DEMO.slice(0, half)) sender.take(event);
    await sender.send();
    const before = collector.spans.length;
    expect(before).toBeGreaterThan(0);
    for (const event of DEMO.slice(half)) sender.take(event);
    await sender.send();
    const call = DEMO[0]?.call ?? '';
    expect(collector.spans.map((span) => span.spanId).sort()).toEqual(
      spansOf(DEMO)
        .map(({ key }) => spanId(call, key))
        .sort(),
    );
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId(call)]));
    expect(collector.requests[0]).toMatchObject({
      url: '/v1/traces',
      headers: { authorization: 'Bearer abc', 'content-type': 'application/json' },
    });
    expect([sender.sent, sender.dropped]).toEqual([collector.spans.length, 0]);
  });

  it('waits for an endpoint that is busy or away, warns once, and sends all of it later', async () => {
    const collector = new Collector();
    const troubles: string[] = [];
    const sender = await connected(collector, troubles);
    for (const event of DEMO) sender.take(event);
    collector.status = 503;
    await sender.send();
    await sender.send();
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain('503');
    collector.status = 200;
    await sender.send();
    expect(collector.spans).toHaveLength(spansOf(DEMO).length);
    expect(sender.dropped).toBe(0);
    await collector.stop();
    for (const event of DEMO) sender.take(event);
    await sender.send();
    expect(troubles).toHaveLength(2);
  });

  it('drops and counts what an endpoint will never take', async () => {
    const collector = new Collector();
    const troubles: string[] = [];
    const sender = await connected(collector, troubles);
    collector.status = 400;
    for (const event of DEMO) sender.take(event);
    await sender.send();
    expect(sender.dropped).toBe(spansOf(DEMO).length);
    expect(troubles).toHaveLength(1);
  });

  it('never holds more than so many spans', () => {
    const sender = new OtlpSender({
      scope: scope.child(),
      endpoint: 'http://127.0.0.1:9/v1/traces',
      onTrouble: () => undefined,
    });
    const each = spansOf(DEMO).length;
    const calls = Math.ceil(4096 / each) + 3;
    for (let i = 0; i < calls; i += 1) for (const event of DEMO) sender.take({ ...event, call: `call-${i}` });
    expect(sender.dropped).toBe(calls * each - 4096);
  });

  it('sends what is left when its scope closes', async () => {
    const collector = new Collector();
    const sender = await connected(collector);
    for (const event of DEMO) sender.take(event);
    await scope.close();
    expect(collector.spans).toHaveLength(spansOf(DEMO).length);
  });

  it('passes over a call that had begun before', async () => {
    const collector = new Collector();
    const sender = await connected(collector);
    for (const event of DEMO.slice(1)) sender.take(event);
    await sender.send();
    expect(collector.requests).toEqual([]);
  });
});

describe('otlpTarget', () => {
  it('follows the variables of the specification', () => {
    expect(otlpTarget(null, {})).toBeNull();
    expect(otlpTarget(null, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318/' })).toMatchObject({
      endpoint: 'http://a:4318/v1/traces',
      content: false,
    });
    expect(
      otlpTarget(null, {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:4318',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/own',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b, authorization=Basic%20Zm9v=',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=c',
        OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
      }),
    ).toEqual({
      endpoint: 'http://b/own',
      headers: { 'x-key': 'c', authorization: 'Basic Zm9v=' },
      content: true,
    });
  });

  it('takes what the person asks for before the environment', () => {
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/own' };
    expect(otlpTarget('https://c/otel', env)?.endpoint).toBe('https://c/otel/v1/traces');
  });

  it('refuses what is no address', () => {
    expect(() => otlpTarget('localhost:4318', {})).toThrow('no address');
  });
});
