import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scope } from '../base/scope.ts';
import { failureOf, NEVER, settingsAt } from '../providers/openai-testing.ts';
import { awaitEndpoints, type EndpointNews } from './await-endpoints.ts';
import { askEndpoint } from './endpoints.ts';
import { httpServer } from './fixtures/http-server.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

const MODELS = JSON.stringify({ data: [{ id: 'stub-model' }] });
const LOADING = JSON.stringify({ error: { message: 'the model is being loaded' } });

interface Page {
  readonly status: number;
  readonly body: string;
  readonly date?: string;
}

/** A server with a list of models, whose /ready answers as it is told. */
async function serverWith(ready: () => Page): Promise<string> {
  const url = await httpServer(scope, (request, response) => {
    const { status, body, date } = request.url === '/ready' ? ready() : { status: 200, body: MODELS };
    if (date !== undefined) response.setHeader('Date', date);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
  });
  return `${url}/v1`;
}

describe('awaitEndpoints', () => {
  it('waits for what a server is not ready for, says so once, and says when it is', async () => {
    let asked = 0;
    const url = await serverWith(() => {
      asked += 1;
      // One question for each stage, and then another for one of them.
      return asked <= 3 ? { status: 503, body: LOADING } : { status: 200, body: '{}' };
    });
    const news: EndpointNews[] = [];
    await awaitEndpoints(settingsAt(url), {
      env: {},
      withinMs: 60_000,
      signal: NEVER,
      onNews: (one) => news.push(one),
    });
    const told = (stage: string) => news.filter((one) => one.stage === stage);
    for (const stage of ['llm', 'stt', 'tts']) {
      expect(told(stage).map(({ ready }) => ready)).toEqual([false, true]);
      expect(told(stage)[0]?.message).toBe(
        `${stage.toUpperCase()} at ${url} is not ready: the model is being loaded`,
      );
    }
  });

  it('gives up with all that is missing, and what to do', async () => {
    const url = await serverWith(() => ({ status: 503, body: LOADING }));
    const error = await failureOf(
      awaitEndpoints(settingsAt(url), { env: {}, withinMs: 0, signal: NEVER, onNews: () => undefined }),
    );
    expect(error).toMatchObject({ kind: 'environment', hint: expect.stringContaining('--wait') });
    for (const stage of ['LLM', 'STT', 'TTS'])
      expect(error.message).toContain(`${stage} at ${url} is not ready: the model is being loaded`);
  });

  it('ends without an error when nobody wants it any more', async () => {
    const leave = new AbortController();
    const url = await serverWith(() => ({ status: 503, body: LOADING }));
    await awaitEndpoints(settingsAt(url), {
      env: {},
      withinMs: 60_000,
      signal: leave.signal,
      onNews: () => leave.abort(),
    });
    expect(leave.signal.aborted).toBe(true);
  });
});

describe('askEndpoint', () => {
  it.each([
    ['has no such page', 404, 'not found'],
    ['shows a page of its own there', 200, '<html>Welcome</html>'],
  ])('takes a server that %s as ready when it lists the model', async (_, status, body) => {
    const url = await serverWith(() => ({ status, body }));
    const { stt } = settingsAt(url);
    expect(await askEndpoint('stt', stt, {})).toMatchObject({ ok: true, stage: 'stt', url });
  });

  it('tells how far the clock of that machine is off', async () => {
    const date = new Date(Date.now() + 3600_000).toUTCString();
    const url = await serverWith(() => ({ status: 200, body: '{}', date }));
    const { clockAheadMs } = await askEndpoint('tts', settingsAt(url).tts, {});
    expect(Math.abs((clockAheadMs ?? 0) - 3600_000)).toBeLessThan(60_000);
  });
});
