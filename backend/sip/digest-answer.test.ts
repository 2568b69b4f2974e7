import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { answerTo, demandsOf, type Challenge } from './digest-answer.ts';
import { paramOf } from './core-testing.ts';

const BASE: Challenge = {
  by: 'server',
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  algorithm: null,
  qop: 'auth',
  stale: false,
};

describe('vectors of the RFCs', () => {
  const MUFASA = { user: 'Mufasa', password: 'Circle of Life' };
  const request = { method: 'GET', uri: '/dir/index.html', body: '' };
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

  // RFC 7616 section 3.9.1
  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('%s', (algorithm, response) => {
    const header = answerTo({ ...BASE, algorithm }, request, MUFASA, cnonce, 1);
    expect(header).toBe(
      `Digest username="Mufasa", realm="http-auth@example.org", nonce="${BASE.nonce}", uri="/dir/index.html", ` +
        `response="${response}", algorithm=${algorithm}, cnonce="${cnonce}", qop=auth, nc=00000001, opaque="${BASE.opaque}"`,
    );
  });

  // RFC 2617 section 3.5
  test('MD5, which nobody named', () => {
    const challenge = { ...BASE, realm: 'testrealm@host.com', nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093' };
    const who = { user: 'Mufasa', password: 'Circle Of Life' };
    const header = answerTo(challenge, request, who, '0a4f113b', 1);
    expect(paramOf(header, 'response')).toBe('6629fae49393a05397450978507c4ef1');
    expect(header).not.toContain('algorithm');
  });

  // RFC 2069's own example, as corrected by its erratum 749: no qop
  test('without qop', () => {
    const challenge = {
      ...BASE,
      realm: 'testrealm@host.com',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      qop: null,
    };
    const who = { user: 'Mufasa', password: 'CircleOfLife' };
    const header = answerTo(challenge, request, who, 'x', 1);
    expect(paramOf(header, 'response')).toBe('1949323746fe6a43ef61f9606e7febea');
    expect(header).not.toMatch(/cnonce|nc=|qop/);
  });

  // FIPS 180-4's sample of SHA-512/256: another initial value than a cut SHA-512 has.
  test('SHA-512-256 is SHA-512/256', () => {
    const sample = '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23';
    expect(createHash('sha512-256').update('abc').digest('hex')).toBe(sample);
    const header = answerTo({ ...BASE, algorithm: 'SHA-512-256' }, request, MUFASA, cnonce, 1);
    expect(paramOf(header, 'response')).toMatch(/^[0-9a-f]{64}$/);
  });
});

// By hand, from the definitions of RFC 7616 sections 3.4.1 to 3.4.3.
test('-sess, auth-int, a count, and names that are not plain', () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const who = { user: 'j\u00f6rg "the\\cat"', password: 'p\u00e4ss' };
  const challenge: Challenge = { ...BASE, algorithm: 'MD5-sess', qop: 'auth-int', realm: 'a"b' };
  const header = answerTo(challenge, { method: 'INVITE', uri: 'sip:b@x', body: 'v=0\r\n' }, who, 'cn', 0x1f);
  const a1 = md5(`${md5(`${who.user}:a"b:${who.password}`)}:${BASE.nonce}:cn`);
  const a2 = md5(`INVITE:sip:b@x:${md5('v=0\r\n')}`);
  expect(paramOf(header, 'response')).toBe(md5(`${a1}:${BASE.nonce}:0000001f:cn:auth-int:${a2}`));
  expect(header).toContain('username="j\u00f6rg \\"the\\\\cat\\"", realm="a\\"b"');
  expect(header).toContain('algorithm=MD5-sess, cnonce="cn", qop=auth-int, nc=0000001f');
});

describe('what a response demands', () => {
  const demand = (...lines: readonly string[]) =>
    demandsOf(['SIP/2.0 401 Unauthorized', ...lines, '', ''].join('\r\n'));

  test('the strongest of each realm, of server and proxy', () => {
    const { challenges, others } = demand(
      'WWW-Authenticate: Digest realm="a", nonce="1", algorithm=MD5, qop="auth"',
      'WWW-Authenticate: Digest realm="a",nonce="2",algorithm=SHA-256,qop="auth-int,auth"',
      'www-authenticate: Digest realm="a", nonce="3", algorithm=SHA-512, qop="auth"',
      'Proxy-Authenticate: Digest realm="b",',
      ' nonce="4\\"5", opaque="", stale=TRUE, qop=auth-int',
    );
    expect(challenges).toEqual([
      { by: 'server', realm: 'a', nonce: '2', opaque: null, algorithm: 'SHA-256', qop: 'auth', stale: false },
      { by: 'proxy', realm: 'b', nonce: '4"5', opaque: '', algorithm: null, qop: 'auth-int', stale: true },
    ]);
    expect(others).toEqual(['a digest by SHA-512']);
  });

  test('several in one header, and schemes that we do not have', () => {
    const { challenges, others } = demand(
      'WWW-Authenticate: Basic realm="x", Digest realm="y", nonce="1", qop="auth-conf"',
      'WWW-Authenticate: Bearer authz_server="https://x"',
      'WWW-Authenticate: Digest realm="z"',
    );
    expect(challenges).toEqual([]);
    expect(others).toEqual([
      'Basic authentication',
      'a digest with protection auth-conf',
      'Bearer authentication',
      'a digest without realm or nonce',
    ]);
  });

  test('nothing in the body counts, nor in a header of another name', () => {
    const message =
      'SIP/2.0 401 No\r\nX-WWW-Authenticate: Digest realm="a", nonce="1"\r\n\r\nWWW-Authenticate: Digest realm="a", nonce="1"';
    expect(demandsOf(message).challenges).toEqual([]);
  });

  test.each([
    '',
    '"',
    'Digest',
    'Digest realm',
    'Digest realm="',
    'Digest =, ,=',
    '\\'.repeat(50_000),
    'a,'.repeat(50_000),
    '"'.repeat(50_000),
  ])('garbage: %.20s', (value) => {
    expect(demand(`WWW-Authenticate: ${value}`).challenges).toEqual([]);
  });
});
