import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Scope } from '../backend/base/scope.ts';
import { EVENT_VERSION, type CallEvent, type CallEventBody } from '../backend/contract/events.ts';
import { Spans } from './spans.ts';

let server: Server;
let endpoint = '';
const taken: string[] = [];
const troubles: string[] = [];
const scope = new Scope();

beforeEach(async () => {
  taken.length = 0;
  troubles.length = 0;
  server = createServer((request, response) => {
    taken.push(request.url ?? '');
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(() => {
  server.close();
});

const event = (seq: number, body: CallEventBody): CallEvent => ({
  v: EVENT_VERSION,
  seq,
  at: seq * 1000,
  call: 'a',
  ...body,
});
const spansTo = (env: Record<string, string>): Spans =>
  new Spans({ scope, version: '0.1.0', env, onTrouble: (message) => troubles.push(message) });

function aCall(spans: Spans): void {
  spans.take(event(0, { type: 'call.started', peer: 'x:1', codec: 'PCMU', ptime_ms: 20, party: 'anna' }));
  spans.take(event(1, { type: 'call.ended', reason: 'hung up', duration_ms: 1 }));
}

it('sends calls for as long as the settings name an endpoint', async () => {
  const spans = spansTo({});
  aCall(spans);
  await spans.use(endpoint);
  expect(taken).toEqual([]);
  aCall(spans);
  await spans.use(null);
  expect(taken).toEqual(['/v1/traces']);
  aCall(spans);
  await scope.close();
  expect(taken).toEqual(['/v1/traces']);
  expect(troubles).toEqual([]);
});

it('says what is wrong with an endpoint of the environment, and goes on without', async () => {
  const spans = spansTo({ OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' });
  await spans.use(null);
  aCall(spans);
  expect(troubles).toEqual([expect.stringContaining("'nonsense/v1/traces' is no address")]);
});
