import { describe, expect, test } from 'vitest';
import type { IncomingResponseMessage, UserAgentCore } from 'sip.js/lib/core/index.js';
import { coreWith, headerOf, paramOf, response, type Respond } from './core-testing.ts';
import { installDigest, refusalText } from './digest.ts';
import { parseUri } from './sip-js.ts';

const who = { user: 'alice', password: 'secret' };
const challenge = (realm: string, nonce: string, more = '') =>
  `Digest realm="${realm}", nonce="${nonce}", qop="auth"${more}`;

function setUp(respond: Respond, credentials: { user: string; password: string | null } = who) {
  const { core, requests } = coreWith(respond);
  installDigest(core, credentials);
  return { core, requests };
}

/** The final response to a request. */
function ask(
  core: UserAgentCore,
  method = 'OPTIONS',
  target = 'sip:example.com',
): Promise<IncomingResponseMessage> {
  const uri = parseUri(target);
  const aor = parseUri('sip:alice@example.com');
  if (!uri || !aor) throw new Error('no URI');
  const { promise, resolve } = Promise.withResolvers<IncomingResponseMessage>();
  const done = ({ message }: { message: IncomingResponseMessage }) => resolve(message);
  core.request(core.makeOutgoingRequestMessage(method, uri, aor, aor, {}), {
    onAccept: done,
    onReject: done,
  });
  return promise;
}

test('a challenge is answered, with the next CSeq', async () => {
  const { core, requests } = setUp((request, count) =>
    count === 1
      ? response(request, '401 Unauthorized', `WWW-Authenticate: ${challenge('r', 'n1')}`)
      : response(request, '200 OK'),
  );
  expect((await ask(core)).statusCode).toBe(200);
  expect(requests).toHaveLength(2);
  const authorization = headerOf(requests[1] ?? '', 'Authorization');
  expect(paramOf(authorization, 'uri')).toBe('sip:example.com');
  expect(headerOf(requests[1] ?? '', 'CSeq')).toBe('2 OPTIONS');
});

test('proxy and server in one transaction: both are answered, each count goes up', async () => {
  const { core, requests } = setUp((request) => {
    if (!headerOf(request, 'Proxy-Authorization')) {
      return response(request, '407 Proxy', `Proxy-Authenticate: ${challenge('proxy', 'p1')}`);
    }
    if (!headerOf(request, 'Authorization')) {
      return response(request, '401 No', `WWW-Authenticate: ${challenge('server', 's1')}`);
    }
    return response(request, '200 OK');
  });
  expect((await ask(core)).statusCode).toBe(200);
  expect(requests).toHaveLength(3);
  const counts = requests.map((request) => paramOf(headerOf(request, 'Proxy-Authorization'), 'nc'));
  expect(counts).toEqual([null, '00000001', '00000002']);
});

test('a nonce is used again, counted, until it is stale', async () => {
  let nonce = 'n1';
  const { core, requests } = setUp((request) => {
    const used = paramOf(headerOf(request, 'Authorization'), 'nonce');
    if (used === nonce) return response(request, '200 OK');
    const stale = used === null ? '' : ', stale=true';
    return response(request, '401 No', `WWW-Authenticate: ${challenge('r', nonce, stale)}`);
  });
  for (let round = 0; round < 3; round += 1) expect((await ask(core)).statusCode).toBe(200);
  const counts = () => requests.map((request) => paramOf(headerOf(request, 'Authorization'), 'nc'));
  expect(counts()).toEqual([null, '00000001', '00000002', '00000003']);
  nonce = 'n2';
  expect((await ask(core)).statusCode).toBe(200);
  expect(counts().slice(4)).toEqual(['00000004', '00000001']);
});

test('a nonce of one host is not shown to another, nor a registrar\u2019s to those we call', async () => {
  const { core, requests } = setUp((request) =>
    headerOf(request, 'Authorization')
      ? response(request, '200 OK')
      : response(request, '401 No', `WWW-Authenticate: ${challenge('r', 'n')}`),
  );
  await ask(core, 'REGISTER');
  await ask(core, 'OPTIONS');
  await ask(core, 'OPTIONS', 'sip:bob@elsewhere.example');
  const first = requests.map((request) => headerOf(request, 'Authorization') !== null);
  expect(first).toEqual([false, true, false, true, false, true]);
});

describe('no loop', () => {
  test('a wrong password ends after one answer', async () => {
    const { core, requests } = setUp((request, count) =>
      response(request, '401 No', `WWW-Authenticate: ${challenge('r', `n${count}`)}`),
    );
    const final = await ask(core);
    expect(requests).toHaveLength(2);
    expect(refusalText(final, 'secret')).toBe('401: wrong password');
    // And the next request does not begin with what was refused.
    await ask(core);
    expect(headerOf(requests[2] ?? '', 'Authorization')).toBeNull();
  });

  test('a server that finds every nonce stale is asked twice', async () => {
    const { core, requests } = setUp((request, count) =>
      response(request, '401 No', `WWW-Authenticate: ${challenge('r', `n${count}`, ', stale=true')}`),
    );
    expect((await ask(core)).statusCode).toBe(401);
    expect(requests).toHaveLength(3);
  });

  test('a server with a new realm each time', async () => {
    const { core, requests } = setUp((request, count) =>
      response(request, '401 No', `WWW-Authenticate: ${challenge(`r${count}`, `n${count}`)}`),
    );
    expect((await ask(core)).statusCode).toBe(401);
    expect(requests).toHaveLength(7);
  });
});

test.each([
  [
    'secret',
    'Digest realm="r", nonce="n", algorithm=SHA-512',
    '401: the server asks for a digest by SHA-512, which is not supported',
  ],
  [null, challenge('r', 'n'), '401: this account has no password'],
])('why not: %s, %s', async (password, demand, text) => {
  const { core, requests } = setUp((request) => response(request, '401 No', `WWW-Authenticate: ${demand}`), {
    user: 'alice',
    password,
  });
  expect(refusalText(await ask(core), password)).toBe(text);
  expect(requests).toHaveLength(1);
});

test('challenges by one response: all realms are answered, each in a header of its own', async () => {
  const { core, requests } = setUp((request, count) =>
    count === 1
      ? response(
          request,
          '407 Proxy',
          `Proxy-Authenticate: ${challenge('a', '1', ', algorithm=SHA-256')}`,
          `Proxy-Authenticate: ${challenge('a', '2', ', algorithm=MD5')}`,
          `Proxy-Authenticate: ${challenge('b', '3')}`,
        )
      : response(request, '200 OK'),
  );
  expect((await ask(core)).statusCode).toBe(200);
  const headers = (requests[1] ?? '').split('\r\n').filter((line) => line.startsWith('Proxy-Authorization:'));
  expect(headers.map((header) => paramOf(header, 'nonce'))).toEqual(['1', '3']);
});

test.each([
  'Digest realm="r", nonce="n", qop="auth",',
  'Basic realm="c", Digest realm="r", nonce="n"',
  'Digest realm=r, nonce=n',
])('a challenge that sip.js itself cannot read: %s', async (demand) => {
  const { core } = setUp((request, count) =>
    count === 1 ? response(request, '401 No', `WWW-Authenticate: ${demand}`) : response(request, '200 OK'),
  );
  expect((await ask(core)).statusCode).toBe(200);
});

test('cores without credentials are left as they are', async () => {
  const { core, requests } = coreWith((request) =>
    response(request, '401 No', `WWW-Authenticate: ${challenge('r', 'n')}`),
  );
  expect((await ask(core)).statusCode).toBe(401);
  expect(requests).toHaveLength(1);
});
