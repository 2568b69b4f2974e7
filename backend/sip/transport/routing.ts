import { isIP } from 'node:net';
import { SidetoneError } from '../../base/errors.ts';
import { showAddress } from '../../base/address.ts';
import type { SipTransport } from '../../contract/sip.ts';
import type { Dns, Naptr, Srv } from './dns.ts';
import { parseSipUri } from './uri.ts';

/** Where a request is to go, before DNS. */
export interface Hop {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number | null;
  /** null: found out (RFC 3263). */
  readonly transport: SipTransport | null;
  /** Of the WebSocket's address. */
  readonly path: string;
}

/** Where to send to. */
export interface Target {
  readonly transport: SipTransport;
  /** IP address. */
  readonly address: string;
  readonly port: number;
  /** The name that was looked up: a certificate has to be for it (RFC 5922). */
  readonly domain: string;
  readonly path: string;
}

const TRANSPORT_OF_SERVICE: Readonly<Record<string, SipTransport>> = {
  'SIP+D2U': 'udp',
  'SIP+D2T': 'tcp',
  'SIPS+D2T': 'tls',
  'SIPS+D2W': 'wss',
};
/** RFC 7118 names none for WebSockets; `_sips._ws` would be what nobody publishes. */
const SRV_PREFIX: Readonly<Record<SipTransport, string | null>> = {
  udp: '_sip._udp.',
  tcp: '_sip._tcp.',
  tls: '_sips._tcp.',
  wss: null,
};
const PORT: Readonly<Record<SipTransport, number>> = { udp: 5060, tcp: 5060, tls: 5061, wss: 443 };
const MOST_TARGETS = 8;

/** Of a URI's `transport` parameter. */
function transportNamed(name: string | undefined, secure: boolean): SipTransport | null {
  switch (name?.toLowerCase()) {
    case 'udp':
      return 'udp';
    case 'tcp':
      return secure ? 'tls' : 'tcp';
    case 'tls':
      return 'tls';
    case 'ws':
    case 'wss':
      return 'wss';
    default:
      return null;
  }
}

/**
 * A hop as accounts write it: `sip:10.0.0.1:5060;transport=tcp`, `wss://pbx.example.com:8443/ws`, host and port, or host.
 * @throws SidetoneError 'usage'
 */
export function parseHop(text: string): Hop {
  const socket = /^wss:\/\/([^/]+)(\/.*)?$/i.exec(text.trim());
  const bare = text.trim().replace(/^<(.*)>$/, '$1');
  const hop = socket
    ? hopOf(`sip:${socket[1] ?? ''};transport=wss`)
    : hopOf(/^sips?:/i.test(bare) ? bare : `sip:${bare}`);
  if (hop) return { ...hop, path: socket?.[2] ?? '/' };
  throw new SidetoneError('usage', `'${text}' is not a SIP server's address`, {
    hint: 'Write it as pbx.example.com, 10.0.0.1:5060, sip:pbx.example.com;transport=tcp or wss://pbx.example.com:8443/ws.',
  });
}

/** The hop that a URI names; null: it is not a SIP URI. */
export function hopOf(text: string): Hop | null {
  const uri = parseSipUri(text);
  if (!uri) return null;
  const secure = uri.scheme === 'sips';
  // maddr would let whoever writes a Contact point our requests elsewhere; nobody needs it.
  return {
    secure,
    host: uri.host,
    port: uri.port,
    transport: transportNamed(uri.parameters.get('transport'), secure),
    path: '/',
  };
}

/**
 * Finds where a request may go, best first: RFC 3263 section 4. Several targets: the next is tried when one fails.
 * `random` in [0, 1) spreads load over servers of the same priority (RFC 2782).
 * @throws SidetoneError 'unreachable' when there is nothing
 */
export async function resolveHop(
  hop: Hop,
  dns: Dns,
  random: () => number,
): Promise<{ targets: Target[]; ttlS: number }> {
  const { host, port, secure, path } = hop;
  const usual = secure ? 'tls' : 'udp';
  const make = (transport: SipTransport, address: string, port: number): Target => ({
    transport,
    address,
    port,
    domain: host,
    path,
  });
  if (isIP(host) !== 0) {
    const transport = hop.transport ?? usual;
    return { targets: [make(transport, host, port ?? PORT[transport])], ttlS: Infinity };
  }
  if (port === null && hop.transport !== 'wss') {
    const services = await servicesOf(hop, dns);
    const targets: Target[] = [];
    let ttlS = Infinity;
    for (const { transport, name } of services) {
      const found = await dns.srv(name);
      ttlS = Math.min(ttlS, found.ttlS);
      for (const server of bySrvOrder(found.records, random)) {
        if (targets.length >= MOST_TARGETS) break;
        const { records } = await dns.addresses(server.name);
        targets.push(...records.map((address) => make(transport, address, server.port)));
      }
    }
    if (targets.length > 0) return { targets: targets.slice(0, MOST_TARGETS), ttlS };
  }
  const transport = hop.transport ?? usual;
  const { records, ttlS } = await dns.addresses(host);
  if (records.length === 0) {
    throw new SidetoneError('unreachable', `DNS knows no address of ${host}`, {
      hint: 'Check how the domain is written, or name the server as proxy.',
      retryable: true,
    });
  }
  const targets = records
    .slice(0, MOST_TARGETS)
    .map((address) => make(transport, address, port ?? PORT[transport]));
  return { targets, ttlS };
}

/** What NAPTR names, of what we speak; else the SRV names of the transports that may be meant. */
async function servicesOf(hop: Hop, dns: Dns): Promise<{ transport: SipTransport; name: string }[]> {
  const bySrv = (transports: readonly SipTransport[]): { transport: SipTransport; name: string }[] =>
    transports.flatMap((transport) => {
      const prefix = SRV_PREFIX[transport];
      return prefix === null ? [] : [{ transport, name: prefix + hop.host }];
    });
  if (hop.transport !== null) return bySrv([hop.transport]);
  const { records } = await dns.naptr(hop.host);
  const named = records
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap((record) => serviceOf(record, hop.secure));
  return named.length > 0 ? named : bySrv(hop.secure ? ['tls'] : ['udp', 'tcp', 'tls']);
}

function serviceOf(
  { flags, service, replacement }: Naptr,
  secure: boolean,
): { transport: SipTransport; name: string }[] {
  const transport = TRANSPORT_OF_SERVICE[service.toUpperCase()];
  if (transport === undefined || flags.toLowerCase() !== 's') return [];
  if (secure && transport !== 'tls' && transport !== 'wss') return [];
  return [{ transport, name: replacement }];
}

/** Lowest priority number first; among equals by chance, weighted: RFC 2782. */
export function bySrvOrder(records: readonly Srv[], random: () => number): Srv[] {
  const waiting = records
    .filter(({ name }) => name !== '' && name !== '.')
    .toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: Srv[] = [];
  for (let [first] = waiting; first; [first] = waiting) {
    const { priority } = first;
    const equals = waiting.filter((record) => record.priority === priority);
    let drawn = random() * equals.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = equals.find(({ weight }) => (drawn -= weight) <= 0) ?? first;
    waiting.splice(waiting.indexOf(chosen), 1);
    ordered.push(chosen);
  }
  return ordered;
}

/** `UDP 10.0.0.1:5060` */
export function showTarget({
  transport,
  address,
  port,
}: Pick<Target, 'transport' | 'address' | 'port'>): string {
  return `${transport.toUpperCase()} ${showAddress({ host: address, port })}`;
}
