import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import { toolSettings, type ToolSettings } from '../contract/settings.ts';
import { callHttpTool, sendDtmfArguments, toolSpecs, transferArguments } from './tools.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope.close());

async function toolServedBy(listener: RequestListener, timeoutMs = 5000): Promise<ToolSettings> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return toolSettings.parse({
    name: 'free_tables',
    description: 'Which tables are free.',
    url: `http://127.0.0.1:${address.port}/tables`,
    timeout_ms: timeoutMs,
  });
}

async function failure(work: Promise<unknown>): Promise<SidetoneError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SidetoneError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const never = new AbortController().signal;

describe('a tool over HTTP', () => {
  it('gets the arguments as JSON and returns the answer', async () => {
    const tool = await toolServedBy((request, response) => {
      let body = '';
      request.on('data', (part) => (body += String(part)));
      request.on('end', () => response.end(`${request.method} ${request.headers['content-type']} ${body}`));
    });
    expect(await callHttpTool(tool, '{"day": "Friday"}', never)).toBe(
      'POST application/json {"day":"Friday"}',
    );
    expect(await callHttpTool(tool, '', never)).toBe('POST application/json {}');
  });

  it('names the status and what the server said', async () => {
    const tool = await toolServedBy((_, response) => response.writeHead(500).end('<h1>no database</h1>'));
    const keyed = { ...tool, url: `${tool.url}?key=secret` };
    const error = await failure(callHttpTool(keyed, '{}', never));
    expect(error.kind).toBe('refused');
    expect(error.message).toContain('/tables?… ');
    expect(error.message).toContain('answered 500: no database');
    expect(error.message).toContain('free_tables');
  });

  it('says that nothing listens', async () => {
    const tool = await toolServedBy(() => undefined);
    await scope.close();
    const error = await failure(callHttpTool(tool, '{}', never));
    expect(error.kind).toBe('unreachable');
    expect(error.hint).toContain("the tool's url");
  });

  it('gives up after its own timeout', async () => {
    const tool = await toolServedBy(() => undefined, 100);
    const error = await failure(callHttpTool(tool, '{}', never));
    expect(error.kind).toBe('timeout');
    expect(error.message).toContain('within 100 ms');
    expect(error.hint).toContain('timeout_ms');
  });

  it('does not read an answer without end', async () => {
    const tool = await toolServedBy((_, response) => {
      const timer = scope.every(1, () => response.write('x'.repeat(10_000)));
      response.once('close', timer);
    });
    const error = await failure(callHttpTool(tool, '{}', never));
    expect(error.kind).toBe('garbled');
    expect(error.message).toContain('more than 16384 bytes');
  });

  it('is cancelled', async () => {
    const asked = Promise.withResolvers<void>();
    const tool = await toolServedBy(() => asked.resolve());
    const cancel = new AbortController();
    const error = failure(callHttpTool(tool, '{}', cancel.signal));
    await asked.promise;
    cancel.abort();
    expect((await error).kind).toBe('cancelled');
  });

  it('is not called with arguments that are no object', async () => {
    let calls = 0;
    const tool = await toolServedBy((_, response) => {
      calls += 1;
      response.end();
    });
    expect((await failure(callHttpTool(tool, '{"day":', never))).kind).toBe('garbled');
    expect((await failure(callHttpTool(tool, '[1]', never))).kind).toBe('garbled');
    expect(calls).toBe(0);
  });
});

describe('built-in tools', () => {
  it('stand before those of bot.yaml', async () => {
    const tool = await toolServedBy(() => undefined);
    expect(toolSpecs([tool]).map(({ name }) => name)).toEqual([
      'hangup',
      'transfer',
      'send_dtmf',
      'free_tables',
    ]);
  });

  it('take their arguments', () => {
    expect(transferArguments('{"target": "+4930123"}')).toEqual({ target: '+4930123' });
    expect(sendDtmfArguments('{"digits": "12#"}')).toEqual({ digits: '12#' });
  });

  it('say what is wrong with other arguments', () => {
    expect(() => transferArguments('{}')).toThrow('transfer: ');
    expect(() => sendDtmfArguments('{"digits": "call me"}')).toThrow('keys are 0-9, *, #, A-D');
    expect(() => sendDtmfArguments('12')).toThrow('send_dtmf: ');
    expect(() => sendDtmfArguments('{digits}')).toThrow('not JSON');
  });
});
