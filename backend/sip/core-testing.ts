import { IncomingResponseMessage, UserAgentCore } from 'sip.js/lib/core/index.js';
import { accountSettings, type Account } from '../contract/sip.ts';
import { parseMessage, parseUri, silence } from './sip-js.ts';

/** What answers the requests of a core: null says nothing. */
export type Respond = (request: string, count: number) => string | null;

/** sip.js's core with no network below it: its requests go to `respond`, whose answers it gets a moment later. */
export function coreWith(respond: Respond): { readonly core: UserAgentCore; readonly requests: string[] } {
  const requests: string[] = [];
  const aor = parseUri('sip:alice@example.com');
  if (!aor) throw new Error('no URI');
  const transport = {
    protocol: 'UDP',
    send(text: string): Promise<void> {
      requests.push(text);
      const answer = respond(text, requests.length);
      const message = answer === null ? null : parseMessage(answer);
      if (answer !== null && !(message instanceof IncomingResponseMessage)) {
        return Promise.reject(new Error('the answer cannot be read'));
      }
      if (message instanceof IncomingResponseMessage) {
        queueMicrotask(() => core.receiveIncomingResponseFromTransport(message));
      }
      return Promise.resolve();
    },
  };
  const core = new UserAgentCore({
    aor,
    contact: { pubGruu: undefined, tempGruu: undefined, uri: aor, toString: () => '<sip:alice@10.0.0.2>' },
    displayName: '',
    loggerFactory: silence(),
    hackViaTcp: false,
    routeSet: [],
    sipjsId: 'test1',
    supportedOptionTags: [],
    supportedOptionTagsResponse: [],
    userAgentHeaderFieldValue: 'test',
    viaForceRport: true,
    viaHost: '10.0.0.2',
    authenticationFactory: () => undefined,
    transportAccessor: () => transport,
  });
  return { core, requests };
}

/** The response to `request`, with further header lines. */
export function response(request: string, status: string, ...headers: readonly string[]): string {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => {
    const value = headerOf(request, name) ?? '';
    return `${name}: ${name === 'To' && !value.includes(';tag=') ? `${value};tag=s1` : value}`;
  });
  return [`SIP/2.0 ${status}`, ...copied, ...headers, 'Content-Length: 0', '', ''].join('\r\n');
}

export function headerOf(message: string, name: string): string | null {
  return new RegExp(`^${name}:[ \\t]*(.*)\\r$`, 'im').exec(message)?.[1] ?? null;
}

/** `response="..."` or `nc=...` of a header's value. */
export function paramOf(value: string | null, name: string): string | null {
  const match = new RegExp(`(?:^|[\\s,])${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,]+))`, 'i').exec(
    value ?? '',
  );
  return match?.[1] ?? match?.[2] ?? null;
}

export function accountWith(
  settings: Partial<Account['settings']> = {},
  password: string | null = 'secret',
): Account {
  return {
    name: 'test',
    settings: { ...accountSettings.parse({ aor: 'sip:alice@example.com' }), ...settings },
    password,
    tls: { verify: true, ca: null, certificate: null, key: null },
  };
}
