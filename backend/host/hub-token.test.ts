import { expect, it } from 'vitest';
import { Scope } from '../base/scope.ts';
import { httpServer } from './fixtures/http-server.ts';
import { askHub } from './hub-token.ts';

/** What is found of a token by a hub that takes `hf_good` alone. */
async function found(token: string | undefined) {
  await using scope = new Scope();
  const url = await httpServer(scope, (request, response) => {
    const good = request.url === '/api/whoami-v2' && request.headers.authorization === 'Bearer hf_good';
    response.writeHead(good ? 200 : 401).end('{}');
  });
  return await Array.fromAsync(askHub({ HF_TOKEN: token, HF_ENDPOINT: `${url}/` }));
}

it('tells a token that is taken from one that is rejected, and shows neither', async () => {
  expect(await found('hf_good')).toMatchObject([{ what: 'HF_TOKEN', verdict: 'ok' }]);
  const rejected = await found('hf_bad');
  expect(rejected).toMatchObject([
    { verdict: 'fail', message: expect.stringMatching(/rejects it.*settings\/tokens/) },
  ]);
  expect(JSON.stringify(rejected)).not.toContain('hf_bad');
});

it('asks nobody without a token', async () => {
  expect(await found(undefined)).toEqual([]);
});

it('does not call a hub that cannot be reached a rejection', async () => {
  const findings = await Array.fromAsync(askHub({ HF_TOKEN: 'hf', HF_ENDPOINT: 'http://127.0.0.1:1' }));
  expect(findings).toMatchObject([{ verdict: 'warn', message: expect.stringContaining('cannot be asked') }]);
});
